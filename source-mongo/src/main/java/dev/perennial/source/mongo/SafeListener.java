package dev.perennial.source.mongo;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes on what happens, and logs what the application's listener throws. */
final class SafeListener implements MongoListener {

  private static final Logger LOG = LoggerFactory.getLogger(MongoSource.class);

  private final MongoListener listener;

  SafeListener(MongoListener listener) {
    this.listener = listener;
  }

  @Override
  public void onResume(Resume resume) {
    tell(l -> l.onResume(resume));
  }

  @Override
  public void onResumeStorm(ResumeStorm storm) {
    tell(l -> l.onResumeStorm(storm));
  }

  @Override
  public void onHistoryLost(HistoryLost lost) {
    tell(l -> l.onHistoryLost(lost));
  }

  @Override
  public void onSettingsChanged(SettingsChanged change) {
    tell(l -> l.onSettingsChanged(change));
  }

  @Override
  public void onTokenRejected(TokenRejected rejected) {
    tell(l -> l.onTokenRejected(rejected));
  }

  @Override
  public void onInvalidate(Invalidated invalidated) {
    tell(l -> l.onInvalidate(invalidated));
  }

  @Override
  public void onOneByOne(OneByOne change) {
    tell(l -> l.onOneByOne(change));
  }

  @Override
  public void onSteppedOver(SteppedOver event) {
    tell(l -> l.onSteppedOver(event));
  }

  private void tell(Consumer<MongoListener> what) {
    try {
      what.accept(listener);
    } catch (Throwable e) {
      LOG.warn("a MongoListener failed, which changes nothing for the stream", e);
    }
  }
}
