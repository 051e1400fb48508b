package dev.perennial.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the program's manifest. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Perennial.class.getPackage().getImplementationVersion();
    return new String[] {"perennial " + Objects.requireNonNullElse(version, "(unpackaged)")};
  }
}
