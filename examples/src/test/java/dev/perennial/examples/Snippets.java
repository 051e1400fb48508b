package dev.perennial.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares the Java snippets of a Markdown text with the regions of the files that they are taken
 * from. A line {@code <!-- snippet: FILE TAG -->} before a snippet names its file, from the
 * project's root, and the region between {@code // tag::TAG} and {@code // end::TAG} in it.
 */
public final class Snippets {

  private static final Pattern MARK = Pattern.compile("<!-- snippet: (\\S+) (\\S+) -->");
  private static final Pattern FENCE = Pattern.compile("(`{3,}|~{3,})\\s*(\\w*).*");

  private Snippets() {}

  /** Returns the differences between the snippets and their regions. */
  static List<String> problems(String markdown, Path root) throws IOException {
    List<String> problems = new ArrayList<>();
    List<String> lines = markdown.lines().toList();
    String before = "";
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i).strip());
      if (!fence.matches()) {
        before = lines.get(i).isBlank() ? before : lines.get(i).strip();
        continue;
      }
      int begin = i + 1;
      String end = fence.group(1);
      for (i = begin; i < lines.size() && !lines.get(i).strip().equals(end); i++) {}
      if (fence.group(2).equalsIgnoreCase("java")) {
        String problem = problem(before, lines.subList(begin, Math.min(i, lines.size())), root);
        if (!problem.isEmpty()) {
          problems.add("line " + begin + ": " + problem);
        }
      }
      before = "";
    }
    return problems;
  }

  /** Returns the region of a file without its indentation. */
  public static List<String> region(Path file, String tag) throws IOException {
    List<String> lines = Files.readAllLines(file);
    int begin = indexOf(lines, "// tag::" + tag);
    int end = indexOf(lines, "// end::" + tag);
    if (begin < 0 || end < begin) {
      throw new IOException(file + " has no region " + tag);
    }
    List<String> region =
        lines.subList(begin + 1, end).stream()
            .filter(line -> !line.strip().matches("// (tag|end)::\\S+"))
            .toList();
    int margin =
        region.stream()
            .filter(line -> !line.isBlank())
            .mapToInt(line -> line.length() - line.stripLeading().length())
            .min()
            .orElse(0);
    return trim(region.stream().map(line -> line.isBlank() ? "" : line.substring(margin)).toList());
  }

  private static String problem(String before, List<String> snippet, Path root) throws IOException {
    Matcher mark = MARK.matcher(before);
    if (!mark.matches()) {
      return "a Java snippet without a line before it that names its file";
    }
    List<String> region;
    try {
      region = region(root.resolve(mark.group(1)), mark.group(2));
    } catch (IOException e) {
      return e.toString();
    }
    return region.equals(snippet)
        ? ""
        : "the snippet is not the region "
            + mark.group(2)
            + " of "
            + mark.group(1)
            + ", which is:\n"
            + String.join("\n", region);
  }

  /** Removes empty lines at both ends, which the formatter puts before an end mark. */
  private static List<String> trim(List<String> lines) {
    int begin = 0;
    int end = lines.size();
    while (begin < end && lines.get(begin).isEmpty()) {
      begin++;
    }
    while (end > begin && lines.get(end - 1).isEmpty()) {
      end--;
    }
    return lines.subList(begin, end);
  }

  private static int indexOf(List<String> lines, String mark) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).strip().equals(mark)) {
        return i;
      }
    }
    return -1;
  }
}
