package dev.sluice.gateway.cli;

import dev.sluice.gateway.Version;
import dev.sluice.gateway.takeover.ControlSocket;
import dev.sluice.gateway.takeover.Handover;
import dev.sluice.gateway.takeover.Predecessor;
import dev.sluice.gateway.takeover.ServiceNotice;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.Option;

/** The option {@code --run-folder}, and the processes that find each other there. */
final class RunFolder {
  private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);

  @Option(
      names = "--run-folder",
      paramLabel = "DIR",
      defaultValue = "${env:SLUICE_RUN}",
      description = {
        "Where this gateway waits for one that takes its place; a folder of mode 700.",
        "SLUICE_RUN when not given, else sluice-USER in the folder for temporary files."
      })
  private @Nullable Path given;

  private Path socket(Path configuration) throws IOException {
    Path folder = named();
    return ControlSocket.of(
        folder != null
            ? folder
            : Path.of(
                System.getProperty("java.io.tmpdir"), "sluice-" + System.getProperty("user.name")),
        configuration);
  }

  /** Null when the user named none; an empty variable names none either. */
  private @Nullable Path named() {
    Path folder = given;
    return folder == null || folder.toString().isEmpty() ? null : folder;
  }

  /** The gateway that runs this configuration; null when none does, which a line says. */
  @Nullable Predecessor predecessor(Path configuration, PrintWriter err) {
    if (!ControlSocket.available()) {
      throw new Sluice.Refusal("--takeover needs Linux");
    }
    try {
      Path socket = socket(configuration);
      Predecessor running = Predecessor.reach(socket, Version.current());
      if (running == null) {
        err.println("takeover: no gateway of this configuration answers at " + socket + "; starts");
      } else {
        err.println("takeover: from " + running.who());
      }
      err.flush();
      return running;
    } catch (IOException e) {
      throw new Sluice.Refusal("cannot take over: " + e.getMessage());
    }
  }

  /** Tells the service manager that started this process, if one did, that it serves. */
  static void serves() {
    String manager = System.getenv("NOTIFY_SOCKET");
    if (manager != null && !manager.isEmpty() && ControlSocket.available()) {
      ServiceNotice.serves(manager);
    }
  }

  /** Waits for whoever takes over; null when nobody can, which the log says. */
  @Nullable Handover handover(Path configuration, Handover.Leaver leaver) {
    if (!ControlSocket.available()) {
      return null;
    }
    try {
      return Handover.at(socket(configuration), Version.current(), leaver);
    } catch (IOException e) {
      // Who named no folder may not want it: a container has nobody who could take over.
      LOG.atLevel(named() == null ? Level.INFO : Level.WARN)
          .log("event=no_takeover_possible why=\"{}\"", e.getMessage());
      return null;
    }
  }
}
