package dev.sluice.gateway.offload;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/** Tasks go over the event bus as they are, and never to another node. */
@SuppressWarnings("rawtypes") // the bus knows classes only
final class TaskCodec implements MessageCodec<TaskRun, TaskRun> {
  static final String NAME = "sluice.task";

  @Override
  public void encodeToWire(Buffer buffer, TaskRun run) {
    throw new UnsupportedOperationException("tasks stay on their node");
  }

  @Override
  public TaskRun decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException("tasks stay on their node");
  }

  @Override
  public TaskRun transform(TaskRun run) {
    return run;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
