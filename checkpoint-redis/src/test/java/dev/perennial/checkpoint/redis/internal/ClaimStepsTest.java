package dev.perennial.checkpoint.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.perennial.checkpoint.redis.StoreFixtures;
import dev.perennial.checkpoint.redis.internal.ClaimResult.Claimed;
import dev.perennial.checkpoint.redis.internal.ClaimedHash.Lifetimes;
import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.checkpoint.redis.internal.Connector.LettuceConnection;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.port.StreamRuntime;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of claims, one step at a time, with a server of which each answer is chosen. */
class ClaimStepsTest {

  private static final Duration EXPIRY = Duration.ofSeconds(15);
  private static final List<Object> OK = List.of("ok", "0");
  private static final List<Object> LOST = List.of("lost", "somebody", "");

  private final List<CheckpointException> troubles = new ArrayList<>();
  private final List<CheckpointException> lost = new ArrayList<>();

  /** The keys that were renewed, in order. */
  private final List<String> sent = new ArrayList<>();

  /** What was sent last. */
  private List<String> arguments = List.of();

  private int savesNoted;
  private final Steps runtime = new Steps();
  private Function<String, Answer> server = key -> answered(OK);
  private boolean severalServers;
  private final ClaimRenewer renewals =
      new ClaimRenewer(
          new SharedConnection(new Chosen(), EXPIRY, runtime), EXPIRY, runtime, trouble());

  @Test
  void aClaimIsRenewedThreeTimesWithinItsExpiry() throws Exception {
    claim("orders");
    for (int round = 1; round <= 4; round++) {
      assertThat(runtime.delays()).containsExactly(EXPIRY.dividedBy(3));
      runtime.step();
      assertThat(sent).hasSize(round);
    }
    assertThat(troubles).isEmpty();
  }

  @Test
  void allClaimsOfAStoreHaveOneTimer() throws Exception {
    claim("orders");
    claim("invoices");
    assertThat(runtime.delays()).hasSize(1);
    runtime.step();
    assertThat(sent).containsExactlyInAnyOrder("key of orders", "key of invoices");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRoundThatFailsIsRepeatedSoonAndTold(boolean silent) throws Exception {
    claim("orders");
    server = key -> silent ? silence() : refusal();
    runtime.step();
    assertThat(runtime.delays()).containsExactly(Duration.ofSeconds(1));
    assertThat(troubles)
        .singleElement()
        .extracting(CheckpointException::reason)
        .isEqualTo(Reason.UNAVAILABLE);
    assertThat(troubles.get(0))
        .hasMessageContaining("Cannot renew the claim on checkpoint ")
        .hasMessageContaining("orders");

    server = key -> answered(OK);
    runtime.step();
    assertThat(runtime.delays()).containsExactly(EXPIRY.dividedBy(3));
    assertThat(lost).isEmpty();
  }

  @Test
  void theOthersAreRenewedAlsoIfTheServerRefusesOne() throws Exception {
    claim(250);
    server = key -> key.equals("key of 7") ? refusal() : answered(OK);
    runtime.step();
    assertThat(sent).hasSize(250).doesNotHaveDuplicates();
    assertThat(troubles).hasSize(1);
  }

  @Test
  void aServerThatIsSilentIsAskedOncePerRound() throws Exception {
    claim(250);
    server = key -> silence();
    runtime.step();
    assertThat(sent).as("one batch").hasSize(100);
    assertThat(troubles).hasSize(1);
  }

  @Test
  void theOtherServersAreAskedInOneGoIfOneIsSilent() throws Exception {
    severalServers = true;
    claim(350);
    server = key -> silence();
    runtime.step();
    assertThat(sent).hasSize(350).doesNotHaveDuplicates();
    assertThat(troubles).as("one for each call").hasSize(2);
  }

  @Test
  void anErrorOfTheMachineDoesNotEndTheRounds() throws Exception {
    claim("orders");
    runtime.refusals = 1;
    assertThatThrownBy(runtime::step).isInstanceOf(OutOfMemoryError.class);
    assertThat(runtime.delays()).containsExactly(Duration.ofSeconds(1));
    server =
        key -> {
          throw new OutOfMemoryError("not really");
        };
    runtime.step();
    assertThat(runtime.ended).isEqualTo(1);
    assertThat(runtime.delays()).containsExactly(Duration.ofSeconds(1));
    server = key -> answered(OK);
    runtime.step();
    assertThat(runtime.delays()).containsExactly(EXPIRY.dividedBy(3));
  }

  @Test
  void whoeverLosesItsClaimIsToldOnceAndRenewedNoMore() throws Exception {
    RedisClaim overtaken = claim("orders");
    claim("invoices");
    server = key -> answered(key.equals("key of orders") ? LOST : OK);
    runtime.step();
    assertThat(lost)
        .singleElement()
        .extracting(CheckpointException::reason)
        .isEqualTo(Reason.CLAIM_LOST);
    assertThat(lost.get(0)).hasMessageContaining("somebody").hasMessageContaining("orders");
    assertThat(troubles).containsExactlyElementsOf(lost);
    overtaken.renewed(LOST);
    assertThat(lost).hasSize(1);

    sent.clear();
    runtime.step();
    assertThat(sent).containsExactly("key of invoices");
    assertThatThrownBy(overtaken::load).hasMessageContaining("somebody");
    assertThatThrownBy(() -> overtaken.save(StoreFixtures.ONE)).hasMessageContaining("somebody");
    overtaken.close();
    assertThat(sent).as("nothing is left to be given up").hasSize(1);
  }

  @Test
  void whatCannotBeReadIsToldAndTheClaimIsHeld() throws Exception {
    claim("orders");
    server = key -> answered(List.of("corrupt", "it is a list and no hash"));
    runtime.step();
    assertThat(troubles)
        .singleElement()
        .extracting(CheckpointException::reason)
        .isEqualTo(Reason.CORRUPT);
    assertThat(lost).isEmpty();
    runtime.step();
    assertThat(sent).hasSize(2);
  }

  @Test
  void aClaimThatRedisForgotIsToldWithEachRenewalThatWroteItAgain() throws Exception {
    claim("orders");
    server = key -> answered(List.of("ok", "1"));
    runtime.step();
    assertThat(troubles).singleElement().asString().contains("wrote both again");
    assertThat(lost).isEmpty();
  }

  @Test
  void oneThatWasGivenUpIsRenewedNoMoreAndTheLastEndsTheTimer() throws Exception {
    RedisClaim claim = claim("orders");
    claim.close();
    sent.clear();
    runtime.step();
    assertThat(sent).isEmpty();
    assertThat(runtime.delays()).isEmpty();

    claim("invoices");
    assertThat(runtime.delays()).as("the next one begins it again").hasSize(1);
  }

  @Test
  void closingCancelsTheTimerAndARoundUnderWayIsTheLast() throws Exception {
    RedisClaim late = claim("orders");
    server =
        key -> {
          renewals.close();
          renewals.add(late);
          return answered(OK);
        };
    runtime.step();
    assertThat(runtime.delays()).isEmpty();
    claim("invoices");
    assertThat(runtime.delays()).isEmpty();
  }

  @Test
  void closingCancelsTheTimer() throws Exception {
    claim("orders");
    renewals.close();
    assertThat(runtime.delays()).isEmpty();
  }

  @Test
  void eachSaveHasAHigherNumberThanTheOneBeforeWhateverBecameOfThat() throws Exception {
    RedisClaim claim = claim("orders");
    server = key -> silence();
    assertThat(StoreFixtures.failure(() -> claim.save(StoreFixtures.ONE)).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    assertThat(number()).isEqualTo("1");
    assertThat(savesNoted).isZero();
    server = key -> answered(OK);
    claim.save(StoreFixtures.TWO);
    assertThat(number()).isEqualTo("2");
    assertThat(savesNoted).isEqualTo(1);

    // Somebody's save that was given up came late.
    server = key -> answered(List.of("stale", "7"));
    assertThat(StoreFixtures.failure(() -> claim.save(StoreFixtures.THREE)).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    assertThat(savesNoted).isEqualTo(1);
    server = key -> answered(OK);
    claim.save(StoreFixtures.THREE);
    assertThat(number()).isEqualTo("8");
    assertThat(claim.load()).contains(StoreFixtures.THREE);
  }

  @Test
  void aRenewalSendsWhatWasSavedLast() throws Exception {
    RedisClaim claim = claim("orders");
    runtime.step();
    assertThat(arguments.subList(4, 7)).as("number, line, known").containsExactly("0", "", "0");
    claim.save(StoreFixtures.ONE);
    assertThat(arguments.subList(4, 7)).containsExactly("1", StoreFixtures.ONE.toLine(), "0");
    runtime.step();
    assertThat(arguments.subList(4, 7)).containsExactly("1", StoreFixtures.ONE.toLine(), "1");
    server = key -> refusal();
    assertThat(StoreFixtures.failure(() -> claim.save(StoreFixtures.TWO)).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    server = key -> answered(OK);
    runtime.step();
    assertThat(arguments.subList(4, 7)).containsExactly("1", StoreFixtures.ONE.toLine(), "1");
  }

  @Test
  void aSaveThatFindsTheClaimLostIsTheLastAndTheStreamIsNotToldTwice() throws Exception {
    RedisClaim claim = claim("orders");
    server = key -> answered(LOST);
    assertThat(StoreFixtures.failure(() -> claim.save(StoreFixtures.ONE)).reason())
        .isEqualTo(Reason.CLAIM_LOST);
    sent.clear();
    assertThat(StoreFixtures.failure(() -> claim.save(StoreFixtures.ONE)).reason())
        .isEqualTo(Reason.CLAIM_LOST);
    runtime.step();
    claim.close();
    assertThat(sent).isEmpty();
    assertThat(lost).isEmpty();
  }

  @Test
  void closingGivesTheClaimUpOnceAndALostOneIsNoError() throws Exception {
    RedisClaim claim = claim("orders");
    claim.close();
    claim.close();
    assertThat(sent).containsExactly("key of orders");

    RedisClaim overtaken = claim("invoices");
    server = key -> answered(LOST);
    overtaken.close();
    assertThat(troubles).isEmpty();

    RedisClaim forgotten = claim("notes");
    server = key -> answered(List.of("lost", "somebody", "kept"));
    assertThat(StoreFixtures.failure(forgotten::close)).hasMessageContaining("somebody");
  }

  @Test
  void whatNoKeyCanHoldAsTextIsNotSent() throws Exception {
    RedisClaim claim = claim("orders");
    Checkpoint torn = new Checkpoint("test", "print", "\ud800");
    assertThat(StoreFixtures.failure(() -> claim.save(torn)).reason()).isEqualTo(Reason.CORRUPT);
    assertThat(sent).isEmpty();
  }

  @Test
  void theServerIsToldWhetherACheckpointWasSeen() throws Exception {
    SharedConnection connection = new SharedConnection(new Chosen(), EXPIRY, runtime);
    Names names = new Names("orders", "key of orders");
    server = key -> answered(List.of("vanished"));
    for (boolean seen : new boolean[] {false, true}) {
      assertThat(ClaimedHash.claim(connection, names, new Lifetimes(15_000, 0), seen))
          .isInstanceOf(ClaimResult.Vanished.class);
      assertThat(arguments.subList(1, 4)).containsExactly("15000", "0", seen ? "1" : "0");
    }
  }

  /** Of the save that was sent last. */
  private String number() {
    return arguments.get(4);
  }

  private RedisClaim claim(String streamId) throws CheckpointException {
    SharedConnection connection = new SharedConnection(new Chosen(), EXPIRY, runtime);
    Function<String, Answer> then = server;
    server = key -> answered(List.of("claimed", "1", "0", ""));
    Claimed claimed =
        (Claimed)
            ClaimedHash.claim(
                connection,
                new Names(streamId, "key of " + streamId),
                new Lifetimes(15_000, 0),
                false);
    server = then;
    sent.clear();
    RedisClaim claim =
        new RedisClaim(
            connection, claimed.hash(), lost::add, () -> savesNoted++, renewals::remove, trouble());
    renewals.add(claim);
    return claim;
  }

  private void claim(int claims) throws CheckpointException {
    for (int i = 0; i < claims; i++) {
      claim(String.valueOf(i));
    }
  }

  private TroubleReporter trouble() {
    return new TroubleReporter(troubles::add);
  }

  private static Answer answered(List<Object> answer) {
    Answer answered = new Answer();
    answered.complete(answer);
    return answered;
  }

  private static Answer refusal() {
    Answer refused = new Answer();
    refused.completeExceptionally(new RedisCommandExecutionException("NOPERM no"));
    return refused;
  }

  /** The client's own timeout, so that nothing waits. */
  private static Answer silence() {
    Answer silent = new Answer();
    silent.completeExceptionally(new RedisCommandTimeoutException("late"));
    return silent;
  }

  /** An answer that is there. */
  private static final class Answer extends CompletableFuture<List<Object>>
      implements RedisFuture<List<Object>> {

    @Override
    public String getError() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }
  }

  /** Leads to the server. */
  private final class Chosen implements Connector {

    @Override
    @SuppressWarnings("unchecked")
    public LettuceConnection connect() {
      StatefulConnection<String, String> connection = mock();
      when(connection.isOpen()).thenReturn(true);
      when(connection.closeAsync()).thenReturn(CompletableFuture.completedFuture(null));
      RedisClusterAsyncCommands<String, String> commands = mock();
      when(commands.evalsha(
              any(String.class),
              any(ScriptOutputType.class),
              any(String[].class),
              any(String[].class)))
          .thenAnswer(call -> answer(call.getArguments()));
      when(commands.eval(
              any(String.class),
              any(ScriptOutputType.class),
              any(String[].class),
              any(String[].class)))
          .thenAnswer(call -> answer(call.getArguments()));
      return new LettuceConnection(connection, commands, true);
    }

    /** After the script and its kind come the key and then, as varargs, one by one, the rest. */
    private RedisFuture<Object> answer(Object[] call) {
      String key = ((String[]) call[2])[0];
      sent.add(key);
      arguments = Stream.of(call).skip(3).map(String::valueOf).toList();
      @SuppressWarnings({"unchecked", "rawtypes"})
      RedisFuture<Object> answer = (RedisFuture) server.apply(key);
      return answer;
    }

    @Override
    public boolean hasSeveralServers() {
      return severalServers;
    }

    @Override
    public String address() {
      return "Redis";
    }
  }

  /** Runs tasks in the calling thread, and timers when told to. */
  private static final class Steps implements StreamRuntime {

    private final Deque<Scheduled> timers = new ArrayDeque<>();
    private int refusals;
    private int ended;

    /** A timer that has not run. */
    private record Scheduled(Duration delay, Runnable task) {}

    List<Duration> delays() {
      return timers.stream().map(Scheduled::delay).toList();
    }

    void step() {
      timers.remove().task().run();
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      Scheduled scheduled = new Scheduled(delay, task);
      timers.add(scheduled);
      return () -> timers.remove(scheduled);
    }

    @Override
    public void execute(Runnable task) {
      if (refusals-- > 0) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      try {
        task.run();
      } catch (OutOfMemoryError e) {
        // It ends the task's own thread, and nobody else's.
        ended++;
      }
    }

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public double random() {
      return 0;
    }

    @Override
    public Signal newSignal() {
      throw new UnsupportedOperationException();
    }
  }
}
