package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LinkedQueueTest {

  private static final class Element extends LinkedQueue.Link<Element> {}

  private final LinkedQueue<Element> queue = new LinkedQueue<>();

  private Element add() {
    Element element = new Element();
    queue.add(element);
    return element;
  }

  @Test
  @DisplayName("elements are removed in the order in which they were added")
  void order() {
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.peek()).isNull();
    Element first = add();
    Element second = add();
    assertThat(queue.isEmpty()).isFalse();
    assertThat(queue.peek()).isSameAs(first);
    Element third = add();
    queue.remove();
    assertThat(queue.peek()).isSameAs(second);
    queue.remove();
    assertThat(queue.isEmpty()).isFalse();
    assertThat(queue.peek()).isSameAs(third);
    queue.remove();
    assertThat(queue.isEmpty()).isTrue();
    queue.remove();
    assertThat(queue.peek()).isNull();
  }

  @Test
  @DisplayName("a removed element does not keep later ones in memory")
  void unlinks() {
    Element first = add();
    add();
    queue.peek();
    queue.remove();
    assertThat(first.linked).isNull();
  }
}
