package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.jobs.api.Job;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jobs that there are: the gateway's own, and those of the jars in the plugin folder, loaded
 * once. Immutable; any thread.
 */
public final class JobRegistry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobRegistry.class);

  private final Map<String, Job<?, ?>> jobs = new TreeMap<>();
  private final Map<Job<?, ?>, JobCodec> codecs = new ConcurrentHashMap<>();
  private final List<String> faults = new ArrayList<>();
  private final @Nullable URLClassLoader plugins;

  private JobRegistry(@Nullable URLClassLoader plugins) {
    this.plugins = plugins;
    ClassLoader loader = plugins == null ? JobRegistry.class.getClassLoader() : plugins;
    var found = ServiceLoader.load(Job.class, loader).stream().iterator();
    while (true) {
      try {
        if (!found.hasNext()) {
          return;
        }
        add(found.next().get());
      } catch (ServiceConfigurationError | LinkageError | RuntimeException broken) {
        Throwable cause = broken.getCause() == null ? broken : broken.getCause();
        faults.add("a plugin cannot be loaded: " + broken.getMessage() + " (" + cause + ")");
      }
    }
  }

  private void add(Job<?, ?> job) {
    String name = job.name();
    if (!name.matches("[a-z0-9]+(-[a-z0-9]+)*")) {
      faults.add("the name of job " + name + " is no good: lower-case words with hyphens");
      return;
    }
    Job<?, ?> before = jobs.putIfAbsent(name, job);
    if (before != null) {
      faults.add(
          "two classes are job "
              + name
              + ": "
              + before.getClass().getName()
              + " and "
              + job.getClass().getName());
    }
  }

  /** Loads them; what cannot be loaded is in {@link #faults}. Blocks. */
  public static JobRegistry load(JobsConfig config) {
    Path folder = config.plugins();
    String home = System.getProperty("sluice.home");
    if (folder == null && home != null) {
      folder = Path.of(home, "plugins");
    }
    List<URL> jars = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    if (folder != null && Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
        for (Path jar : files) {
          jars.add(url(jar));
          try (JarFile whole = new JarFile(jar.toFile())) {
            LOG.debug("event=plugin jar={} entries={}", jar, whole.size());
          } catch (IOException corrupt) {
            broken.add("plugin " + jar.getFileName() + " is no jar: " + corrupt.getMessage());
          }
        }
      } catch (IOException unreadable) {
        LOG.warn("event=plugins_unreadable folder={} cause=\"{}\"", folder, unreadable.toString());
      }
    }
    JobRegistry registry =
        new JobRegistry(
            jars.isEmpty()
                ? null
                : new URLClassLoader(
                    "plugins", jars.toArray(new URL[0]), JobRegistry.class.getClassLoader()));
    registry.faults.addAll(broken);
    return registry;
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** What was wrong with plugins, a sentence each. */
  public List<String> faults() {
    return List.copyOf(faults);
  }

  /** The names of all jobs. */
  List<String> names() {
    return List.copyOf(jobs.keySet());
  }

  /** The job of this name; null when there is none. */
  @Nullable Job<?, ?> job(String name) {
    return jobs.get(name);
  }

  /**
   * What reads and writes for a job; made when it is first asked for, since schemas cost time at
   * the start.
   */
  JobCodec codec(Job<?, ?> job) {
    return codecs.computeIfAbsent(job, JobCodec::new);
  }

  @Override
  public void close() {
    jobs.values().forEach(Job::close);
    if (plugins != null) {
      try {
        plugins.close();
      } catch (IOException ignored) {
        LOG.debug("closing plugins", ignored);
      }
    }
  }
}
