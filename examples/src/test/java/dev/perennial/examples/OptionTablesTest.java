package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStreamBuilder;
import dev.perennial.Handling;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StreamStats;
import dev.perennial.checkpoint.redis.RedisCheckpointStoreBuilder;
import dev.perennial.deadletter.file.DeadLetterFileBuilder;
import dev.perennial.deadletter.file.DeadLetterSource;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.tap.TapAdminBuilder;
import dev.perennial.source.tap.TapSourceBuilder;
import dev.perennial.transport.netty.NettyTransportBuilder;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the tables of the user guide with the code: each lists exactly what the type has. */
class OptionTablesTest {

  private static final Path DOCS = Path.of("").toAbsolutePath().getParent().resolve("docs");
  private static final Pattern CODE = Pattern.compile("`([A-Za-z_-]+)`");

  static Stream<Class<?>> builders() {
    return Stream.of(
        EventStreamBuilder.class,
        Checkpoints.class,
        Handling.class,
        TapSourceBuilder.class,
        TapAdminBuilder.class,
        NettyTransportBuilder.class,
        MongoSourceBuilder.class,
        RedisCheckpointStoreBuilder.class,
        DeadLetterFileBuilder.class,
        DeadLetterSource.class);
  }

  @ParameterizedTest
  @MethodSource("builders")
  void eachSettingOfABuilderHasARow(Class<?> builder) throws IOException {
    assertThat(rows(builder.getSimpleName()))
        .isEqualTo(methods(builder, method -> method.getReturnType() == builder));
  }

  @ParameterizedTest
  @MethodSource("builders")
  void eachSettingHasADefaultAndAnExplanation(Class<?> builder) throws IOException {
    assertThat(table(builder.getSimpleName()))
        .allSatisfy(cells -> {
          assertThat(cells).hasSize(4);
          assertThat(cells[2]).isNotBlank();
          assertThat(cells[3]).isNotBlank();
        });
  }

  static Stream<Class<?>> types() {
    return Stream.of(
        Delivery.class,
        StreamListener.class,
        MongoListener.class,
        CloseReport.class,
        StreamStats.class);
  }

  @ParameterizedTest
  @MethodSource("types")
  void eachMethodOfAListenerOrReportHasARow(Class<?> type) throws IOException {
    Set<String> ofObject = Set.of("equals", "hashCode", "toString");
    assertThat(rows(type.getSimpleName()))
        .isEqualTo(methods(type, method -> !ofObject.contains(method.getName())));
  }

  @Test
  void eachStateHasARow() throws IOException {
    assertThat(rows("StreamState"))
        .isEqualTo(
            Arrays.stream(StreamState.values())
                .map(Enum::name)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void eachReasonHasARow() throws IOException {
    assertThat(rows("StreamFailedException.Reason"))
        .isEqualTo(
            Arrays.stream(StreamFailedException.Reason.values())
                .map(StreamFailedException.Reason::tag)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static Set<String> methods(Class<?> type, Predicate<Method> wanted) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isSynthetic())
        .filter(wanted)
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What stands in code type in the first column of a type's table. */
  private static Set<String> rows(String type) throws IOException {
    return table(type).stream()
        .flatMap(cells -> CODE.matcher(cells[1]).results())
        .map((MatchResult match) -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The rows of the table whose first header is the type's name, split into cells. */
  private static List<String[]> table(String type) throws IOException {
    String header = "| `" + type + "` |";
    try (Stream<Path> pages = Files.list(DOCS)) {
      for (Path page : pages.filter(file -> file.toString().endsWith(".md")).toList()) {
        List<String> lines = Files.readAllLines(page);
        for (int i = 0; i < lines.size(); i++) {
          if (lines.get(i).startsWith(header)) {
            return lines.stream()
                .skip(i + 2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split("\\|"))
                .toList();
          }
        }
      }
    }
    throw new AssertionError("no table in docs begins with " + header);
  }
}
