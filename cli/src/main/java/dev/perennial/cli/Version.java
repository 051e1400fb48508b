package dev.perennial.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** Reads the version that the build wrote into the jar's manifest. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Perennial.class.getPackage().getImplementationVersion();
    return new String[] {"perennial " + Objects.requireNonNullElse(version, "(unpackaged)")};
  }
}
