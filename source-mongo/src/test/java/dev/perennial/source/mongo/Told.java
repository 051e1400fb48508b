package dev.perennial.source.mongo;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes what a listener is told. */
final class Told implements MongoListener {

  private final List<Object> all = new CopyOnWriteArrayList<>();

  <T> List<T> of(Class<T> kind) {
    return all.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  @Override
  public void onResume(Resume resume) {
    all.add(resume);
  }

  @Override
  public void onResumeStorm(ResumeStorm storm) {
    all.add(storm);
  }

  @Override
  public void onHistoryLost(HistoryLost lost) {
    all.add(lost);
  }

  @Override
  public void onSettingsChanged(SettingsChanged change) {
    all.add(change);
  }

  @Override
  public void onTokenRejected(TokenRejected rejected) {
    all.add(rejected);
  }

  @Override
  public void onOneByOne(OneByOne change) {
    all.add(change);
  }

  @Override
  public void onSteppedOver(SteppedOver event) {
    all.add(event);
  }

  @Override
  public void onInvalidate(Invalidated invalidated) {
    all.add(invalidated);
  }
}
