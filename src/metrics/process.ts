import { Counter, Gauge, type Registry } from '@prometheus-io/client';

/**
 * The process itself, under the names that every Prometheus client uses. The library's own set of them keeps observers that
 * nobody can end, and lists every handle at each call, of which thousands of connections are thousands.
 */
export function describeProcess(registry: Registry): void {
  const registers = [registry];
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.inc((user + system) / 1e6 - counted);
      counted = (user + system) / 1e6;
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of this process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When this process started, in seconds since 1970.',
    registers,
  }).set(performance.timeOrigin / 1000);
}
