package dev.perennial.architecture;

import java.util.ArrayList;
import java.util.List;

/**
 * A module, as the table of the design has it.
 *
 * @param artifact its artifact
 * @param packages its packages, under the root package; the empty one is the root itself
 * @param sees the packages of other modules that it may use
 * @param uses the packages of others' libraries that it may use, besides the JDK
 * @param published whether others may depend on it
 */
record Module(
    String artifact,
    List<String> packages,
    List<String> sees,
    List<String> uses,
    boolean published) {

  private static final String NULLNESS = "org.jspecify..";
  private static final String LOG = "org.slf4j..";
  private static final String NETTY = "io.netty..";
  private static final String BSON = "org.bson..";
  private static final String MONGO_DRIVER = "com.mongodb..";
  private static final String LETTUCE = "io.lettuce..";
  private static final List<String> JACKSON =
      List.of("tools.jackson..", "com.fasterxml.jackson.annotation..");

  private static final List<String> SEEN_OF_CORE = List.of("", ".port", ".port.support");

  static final Module CORE =
      new Module(
          "perennial-core",
          List.of("", ".port", ".port.support", ".internal.."),
          List.of(),
          List.of(NULLNESS, LOG, "dev.failsafe.."),
          true);
  static final Module TRANSPORT_NETTY =
      new Module(
          "perennial-transport-netty",
          List.of(".transport.netty", ".transport.netty.internal.."),
          SEEN_OF_CORE,
          List.of(NULLNESS, NETTY, "javax.crypto.."),
          true);
  static final Module SOURCE_TAP =
      new Module(
          "perennial-source-tap",
          List.of(".source.tap", ".source.tap.internal.."),
          SEEN_OF_CORE,
          with(JACKSON, NULLNESS),
          true);
  static final Module SOURCE_MONGO =
      new Module(
          "perennial-source-mongo",
          List.of(".source.mongo.."),
          SEEN_OF_CORE,
          List.of(NULLNESS, LOG, MONGO_DRIVER, BSON),
          true);
  static final Module CHECKPOINT_FILE =
      new Module(
          "perennial-checkpoint-file",
          List.of(".checkpoint.file", ".checkpoint.file.internal"),
          SEEN_OF_CORE,
          List.of(NULLNESS),
          true);
  static final Module CHECKPOINT_REDIS =
      new Module(
          "perennial-checkpoint-redis",
          List.of(".checkpoint.redis", ".checkpoint.redis.internal"),
          SEEN_OF_CORE,
          List.of(NULLNESS, LETTUCE),
          true);
  static final Module DEAD_LETTER_FILE =
      new Module(
          "perennial-dead-letter-file",
          List.of(".deadletter.file", ".deadletter.file.internal"),
          SEEN_OF_CORE,
          with(JACKSON, NULLNESS),
          true);
  static final Module TESTKIT =
      new Module(
          "perennial-testkit",
          List.of(".testkit", ".testkit.internal"),
          SEEN_OF_CORE,
          List.of(NULLNESS),
          true);
  static final Module SIMULATORS =
      new Module(
          "perennial-simulators",
          List.of(".simulators.."),
          SEEN_OF_CORE,
          with(JACKSON, NULLNESS, NETTY, BSON, "redis.embedded.."),
          false);
  static final Module EXAMPLES =
      new Module(
          "perennial-examples",
          List.of(".examples.."),
          with(
              SEEN_OF_CORE,
              ".transport.netty",
              ".source.tap",
              ".source.mongo",
              ".checkpoint.file",
              ".checkpoint.redis",
              ".deadletter.file"),
          with(
              JACKSON,
              NULLNESS,
              MONGO_DRIVER,
              BSON,
              "javax.sql..",
              "reactor..",
              "io.reactivex..",
              "org.reactivestreams.."),
          false);
  static final Module CLI =
      new Module(
          "perennial-cli",
          List.of(".cli.."),
          with(EXAMPLES.sees, ".simulators.."),
          with(JACKSON, NULLNESS, MONGO_DRIVER, BSON, LETTUCE, "picocli.."),
          false);
  static final Module BENCHMARKS =
      new Module(
          "perennial-benchmarks",
          List.of(".benchmarks.."),
          with(CLI.sees, ".testkit..", ".cli..", ".examples.."),
          with(
              JACKSON,
              NULLNESS,
              LOG,
              NETTY,
              MONGO_DRIVER,
              BSON,
              "org.openjdk.jmh..",
              "com.sun.management..",
              "io.confluent.parallelconsumer..",
              "org.apache.kafka..",
              "org.HdrHistogram..",
              "org.java_websocket..",
              "org.springframework.data..",
              "picocli.."),
          false);

  static final List<Module> ALL =
      List.of(
          CORE,
          TRANSPORT_NETTY,
          SOURCE_TAP,
          SOURCE_MONGO,
          CHECKPOINT_FILE,
          CHECKPOINT_REDIS,
          DEAD_LETTER_FILE,
          TESTKIT,
          SIMULATORS,
          EXAMPLES,
          CLI,
          BENCHMARKS);

  /** What implements a port over somebody else's protocol or storage. */
  static final List<Module> ADAPTERS =
      List.of(
          TRANSPORT_NETTY,
          SOURCE_TAP,
          SOURCE_MONGO,
          CHECKPOINT_FILE,
          CHECKPOINT_REDIS,
          DEAD_LETTER_FILE);

  /** The modules whose classes are also checked for circles. */
  static final List<Module> WITH_INTERNALS = List.of(CORE, SOURCE_MONGO);

  static List<Module> allPublished() {
    return ALL.stream().filter(Module::published).toList();
  }

  /** The name of its Java module, which is that of its main package. */
  String moduleName(String root) {
    return root + packages.get(0).replace("..", "");
  }

  /** Its packages, under a root package. */
  String[] packages(String root) {
    return under(root, packages);
  }

  /** Its internal packages, under a root package. */
  String internals(String root) {
    return moduleName(root) + ".internal..";
  }

  /** All packages that it may use, its own included. */
  String[] allowed(String root) {
    List<String> allowed = new ArrayList<>(uses);
    allowed.addAll(List.of("java..", "javax.net.ssl.."));
    allowed.addAll(List.of(under(root, packages)));
    allowed.addAll(List.of(under(root, sees)));
    return allowed.toArray(String[]::new);
  }

  private static String[] under(String root, List<String> packages) {
    return packages.stream().map(name -> root + name).toArray(String[]::new);
  }

  private static List<String> with(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return List.copyOf(all);
  }

  @Override
  public String toString() {
    return artifact;
  }
}
