package dev.perennial.port.support;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.jar.Attributes;
import java.util.jar.Attributes.Name;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a library which an adapter uses is new enough. An adapter does so before it uses
 * anything else of the library, so that an application with an older version gets one clear error
 * at its start instead of a missing class or method later.
 */
public final class LibraryVersion {

  /** The release number; what follows it, such as {@code .Final}, does not count. */
  private static final Pattern NUMBERS = Pattern.compile("\\d{1,9}(?:\\.\\d{1,9}){0,3}");

  private LibraryVersion() {}

  /**
   * Refuses a version that is too old. Safe for use from any thread.
   *
   * @param library what people call the library
   * @param found the version on the class path; one that is null or has no number is not known, for
   *     example because the application's jar contains the library, and is accepted
   * @param lowest the lowest version that works
   * @param setting what sets the version in a build, by which the error says what to do
   * @throws IllegalStateException if the version is lower than that
   */
  public static void require(
      String library, @Nullable String found, String lowest, String setting) {
    int[] has = numbers(found);
    if (has.length > 0 && Arrays.compare(has, numbers(lowest)) < 0) {
      throw new IllegalStateException(
          "Cannot use %s %s: Perennial needs %s or newer. Raise the version in your build; with Spring Boot, set the property %s."
              .formatted(library, found, lowest, setting));
    }
  }

  /**
   * The version that the manifest of a library's jar names. Null if it names none, and if the
   * manifest is not the library's: an application's jar that contains the library has a version of
   * its own. Safe for use from any thread.
   *
   * @param type a class of the library
   * @param title the {@code Implementation-Title} of the library's own manifest
   */
  public static @Nullable String of(Class<?> type, String title) {
    Module module = type.getModule();
    if (module.isNamed()) {
      return ofModule(module, title);
    }
    Package holder = type.getPackage();
    return title.equals(holder.getImplementationTitle()) ? holder.getImplementationVersion() : null;
  }

  /** Reads the manifest itself, because the JVM reads none for packages of a module. */
  private static @Nullable String ofModule(Module module, String title) {
    try (InputStream in = module.getResourceAsStream("META-INF/MANIFEST.MF")) {
      if (in == null) {
        return null;
      }
      Attributes manifest = new Manifest(in).getMainAttributes();
      return title.equals(manifest.getValue(Name.IMPLEMENTATION_TITLE))
          ? manifest.getValue(Name.IMPLEMENTATION_VERSION)
          : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static int[] numbers(@Nullable String version) {
    Matcher numbers = NUMBERS.matcher(version == null ? "" : version);
    return numbers.lookingAt()
        ? Arrays.stream(numbers.group().split("\\.")).mapToInt(Integer::parseInt).toArray()
        : new int[0];
  }
}
