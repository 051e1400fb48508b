package dev.perennial.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ChartTest {

  @Test
  @DisplayName("the chart is XML with a bar for each contender that did not fail")
  void bars() throws Exception {
    Element svg =
        parse(
            Reports.of(
                Reports.result(Clients.PEER, 4, 4, 4, 4, 4),
                Reports.result(Clients.OTHER_PEER, 4, 5, 5, 5, 5),
                Reports.result(Clients.BOUND, 0.1, 0.1, 0.1, 0.1, 0.1),
                Reports.failed(Clients.FAILING, "no route")));
    NodeList bars = svg.getElementsByTagName("rect");
    assertThat(bars.getLength()).isEqualTo(3);
    assertThat(width(bars, 0)).isEqualTo(2 * width(bars, 1)).isPositive();
    assertThat(((Element) bars.item(0)).getAttribute("class")).isEqualTo("ours");
    assertThat(((Element) bars.item(2)).getAttribute("class")).isEqualTo("peer unstable");
    assertThat(texts(svg))
        .contains("client OURS<T>", "500", "250", "200 (spread 20 %)", "failed")
        .noneMatch(text -> text.contains("BOUND"));
  }

  @Test
  @DisplayName("the chart says where it was measured, and has colours for dark mode")
  void note() throws Exception {
    String text = Chart.of(Reports.MACHINE, List.of(Reports.of()));
    assertThat(text).contains("prefers-color-scheme: dark");
    assertThat(texts(parse(Reports.of())))
        .anyMatch(line -> line.startsWith("2026-11-29, 2 processors (a <fast> processor)"));
  }

  private static Element parse(Report report) throws Exception {
    byte[] text = Chart.of(Reports.MACHINE, List.of(report)).getBytes(StandardCharsets.UTF_8);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(text))
        .getDocumentElement();
  }

  private static int width(NodeList bars, int index) {
    return Integer.parseInt(((Element) bars.item(index)).getAttribute("width"));
  }

  private static List<String> texts(Element svg) {
    NodeList texts = svg.getElementsByTagName("text");
    return IntStream.range(0, texts.getLength())
        .mapToObj(i -> texts.item(i).getTextContent())
        .toList();
  }
}
