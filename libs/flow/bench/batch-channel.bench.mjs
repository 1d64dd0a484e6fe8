// Batches a second and ack latency of the batch channel between two processes, without any work in the handler.
//   node libs/flow/bench/batch-channel.bench.mjs [payload bytes = 16384] [seconds = 3] [paced batches/s = 5000]
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BatchReceiver, BatchSender, localSocketPath } from '@org/flow';

const MIB = 1024 * 1024;
const socketPath = localSocketPath(`bench ${process.argv[2] === 'receive' ? process.ppid : process.pid}`);

if (process.argv[2] === 'receive') {
  const receiver = new BatchReceiver({ socketPath, handlers: { batch: () => Promise.resolve() } });
  await receiver.listen();
  process.send('listening');
  process.on('message', () => process.send(process.cpuUsage()));
  process.once('disconnect', () => void receiver.close());
} else {
  await main(...process.argv.slice(2).map(Number));
}

async function main(payloadBytes = 16_384, seconds = 3, pacedPerSecond = 5000) {
  const receiver = fork(fileURLToPath(import.meta.url), ['receive']);
  await new Promise((resolve) => receiver.once('message', resolve));
  const sentAtMs = [];
  const latenciesMs = [];
  let lastAcked = 0;
  const acked = (seq) => {
    const nowMs = performance.now();
    for (; lastAcked < seq; lastAcked++) latenciesMs.push(nowMs - sentAtMs[lastAcked]);
  };
  const sender = new BatchSender({
    socketPath,
    lane: 'bench',
    epoch: 1,
    queueBytesMax: 64 * MIB,
    handlers: { acked },
  });
  sender.start();
  const payload = Buffer.alloc(payloadBytes, 1);
  const send = () => {
    const taken = sender.send(payload);
    if (taken) sentAtMs.push(performance.now());
    return taken;
  };

  const cpuBefore = { own: process.cpuUsage(), peer: await peerCpu(receiver) };
  const beganAtMs = performance.now();
  while (performance.now() < beganAtMs + seconds * 1000) {
    for (let index = 0; index < 64 && send(); index++);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await sender.drained(60_000);
  const elapsedS = (performance.now() - beganAtMs) / 1000;
  const own = process.cpuUsage(cpuBefore.own);
  const peer = await peerCpu(receiver);
  const peerUs = peer.user + peer.system - cpuBefore.peer.user - cpuBefore.peer.system;
  const perBatchUs = (own.user + own.system + peerUs) / lastAcked;
  const rate = lastAcked / elapsedS;
  report(
    `saturated, ${payloadBytes} B`,
    `${rate.toFixed(0)} batches/s, ${((rate * payloadBytes) / MIB).toFixed(0)} MiB/s, ${perBatchUs.toFixed(1)} us CPU a batch (both processes)`,
  );

  latenciesMs.length = 0;
  const pacedAtMs = performance.now();
  for (let sent = 0; sent < pacedPerSecond * seconds;) {
    const due = ((performance.now() - pacedAtMs) * pacedPerSecond) / 1000;
    for (; sent < due; sent++) send();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await sender.drained(60_000);
  latenciesMs.sort((a, b) => a - b);
  const at = (share) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)].toFixed(2);
  report(
    `paced, ${pacedPerSecond} batches/s`,
    `ack latency p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
  );
  await sender.close();
  receiver.disconnect();
}

function peerCpu(receiver) {
  receiver.send('cpu');
  return new Promise((resolve) => receiver.once('message', resolve));
}

function report(what, figures) {
  console.log(`${what.padEnd(26)} ${figures}`);
}
