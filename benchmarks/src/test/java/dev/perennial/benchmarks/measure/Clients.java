package dev.perennial.benchmarks.measure;

/** Contenders that need no server. */
enum Clients implements Contender {
  OURS(Role.OURS),
  PEER(Role.PEER),
  OTHER_PEER(Role.PEER),
  BOUND(Role.BOUND),
  FAILING(Role.PEER) {
    @Override
    public Client open(String server) {
      throw new IllegalStateException("no route");
    }
  };

  private final Role role;

  Clients(Role role) {
    this.role = role;
  }

  @Override
  public String title() {
    return "**client** `" + name() + "<T>`";
  }

  @Override
  public Role role() {
    return role;
  }

  /** Reads nothing, and returns a checksum of the server's name and the events. */
  @Override
  public Client open(String server) {
    return new Client() {
      @Override
      public long read(int events) {
        return server.length() + events;
      }

      @Override
      public void close() {}
    };
  }
}
