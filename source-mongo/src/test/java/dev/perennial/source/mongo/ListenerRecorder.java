package dev.perennial.source.mongo;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes what a listener is told, by whichever of its methods. */
public final class ListenerRecorder {

  private final List<Object> all = new CopyOnWriteArrayList<>();

  public final MongoListener listener =
      (MongoListener)
          Proxy.newProxyInstance(
              ListenerRecorder.class.getClassLoader(),
              new Class<?>[] {MongoListener.class},
              (proxy, method, args) -> {
                all.add(args[0]);
                return null;
              });

  public <T> List<T> of(Class<T> kind) {
    return all.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
