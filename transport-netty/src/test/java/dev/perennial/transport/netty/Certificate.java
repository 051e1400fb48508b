package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate made by the JDK's keytool for one run of the tests.
 *
 * @param anchor whom a client trusts: the certificate itself, or its authority
 */
record Certificate(KeyStore store, String anchor) {

  private static final String PASSWORD = "changeit";

  /**
   * @param names as keytool wants them: {@code ip:127.0.0.1,dns:localhost}
   */
  static Certificate forNames(Path directory, String names) throws Exception {
    Path file = newStore(directory);
    keytool(file, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-ext", "san=" + names);
    return new Certificate(load(file), "server");
  }

  /** Signed by an authority that is trusted, since what is trusted itself may be expired. */
  static Certificate expired(Path directory, String names) throws Exception {
    Path file = newStore(directory);
    keytool(file, "-genkeypair", "-alias", "authority", "-ext", "bc:c", "-keyalg", "EC");
    keytool(
        file,
        "-genkeypair",
        "-alias",
        "server",
        "-signer",
        "authority",
        "-keyalg",
        "EC",
        "-ext",
        "san=" + names,
        "-startdate",
        "-20d",
        "-validity",
        "10");
    return new Certificate(load(file), "authority");
  }

  private static Path newStore(Path directory) throws Exception {
    return Files.createTempDirectory(directory, "certificate").resolve("store.p12");
  }

  private static void keytool(Path file, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of(
            "-dname",
            "CN=test " + options[2],
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD,
            "-keystore",
            file.toString()));
    Path log = file.resolveSibling("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
  }

  private static KeyStore load(Path file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  /** What a server presents it with. */
  SSLContext server() throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    KeyStore presented = KeyStore.getInstance("PKCS12");
    presented.load(null, null);
    presented.setKeyEntry(
        "server",
        store.getKey("server", PASSWORD.toCharArray()),
        PASSWORD.toCharArray(),
        store.getCertificateChain("server"));
    keys.init(presented, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** What a client trusts it with. */
  TrustManagerFactory trust() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(anchor, store.getCertificate(anchor));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory;
  }
}
