import { loadConfig } from '@org/config';
import { checkNats, type NatsFacts, natsPlaces } from '../../src/doctor/checks/check-nats.ts';
import { probeNats } from '../../src/doctor/probes/nats-probe.ts';
import { findNats, startNats } from '../../../../tools/test-servers/nats.mjs';

const maybe = findNats() === undefined ? it.skip : it;
if (findNats() === undefined) console.warn('skipped: no nats-server here (apt-get install nats-server)');

const placesOf = (sections: Record<string, unknown>) =>
  natsPlaces(loadConfig({ text: JSON.stringify({ symbols: { pairs: ['BTCUSDT'] }, ...sections }) }));

const [cluster] = placesOf({ cluster: { role: 'writer', servers: 'nats://a:4222, nats://b:4222' } });
const sound: NatsFacts = {
  server: 'nats://a:4222',
  found: { version: '2.11.4', hasJetStream: true, doubts: [] },
};
const away: NatsFacts = { server: 'nats://b:4222', problem: 'server: connection refused' };

/** Level, and what was found; what is to be done where something is wrong. */
function told(found: readonly NatsFacts[]): readonly string[] {
  const findings = checkNats(cluster!, { found });
  for (const { check, level, advice } of findings) {
    expect(check).toBe('cluster.servers');
    expect(advice === '').toBe(level === 'ok');
  }
  return findings.map(({ level, what }) => `${level} ${what}`);
}

describe('the doctor on NATS servers', () => {
  it('looks at those that the configuration needs', () => {
    expect(placesOf({})).toEqual([]);
    expect(cluster).toEqual({
      key: 'cluster.servers',
      servers: ['nats://a:4222', 'nats://b:4222'],
      credentialsFile: '',
    });
    const nats = { servers: 'tls://c', credentials_file: '/run/creds' };
    expect(placesOf({ storage: { formats: ['csv', 'nats'], nats } })).toEqual([
      { key: 'storage.nats.servers', servers: ['tls://c'], credentialsFile: '/run/creds' },
    ]);
  });

  it('has an error where nobody answers, and a warning where somebody else does', () => {
    expect(told([sound])).toEqual(['ok nats://a:4222: nats-server 2.11.4 with JetStream']);
    expect(told([sound, away])[1]).toBe('warn nats://b:4222: server: connection refused');
    expect(told([away])).toEqual(['error nats://b:4222: server: connection refused']);
    expect(checkNats(cluster!, { problem: 'ENOENT: no such file' })).toEqual([
      expect.objectContaining({ level: 'error', what: 'nats://a:4222, nats://b:4222: ENOENT: no such file' }),
    ]);
  });

  it('has an error for a server without JetStream, and a warning for an old one', () => {
    const { server } = sound;
    expect(told([{ server, found: { version: '2.11.4', hasJetStream: false, doubts: [] } }])).toEqual([
      'error nats://a:4222: nats-server 2.11.4 without JetStream',
    ]);
    expect(told([{ server, found: { version: '2.9.10', hasJetStream: true, doubts: ['too old'] } }])).toEqual(
      ['warn nats://a:4222: too old'],
    );
  });

  maybe('asks each server alone, and ends where one does not answer', async () => {
    const server = await startNats();
    try {
      const servers = [server.url, 'nats://127.0.0.1:1'];
      const [there, missing] = await probeNats({ ...cluster!, servers });
      expect(there).toMatchObject({ server: server.url, found: { hasJetStream: true } });
      expect(missing).toEqual({ server: servers[1], problem: expect.stringMatching(/refused/) });
      const credentialsFile = '/does/not/exist.creds';
      await expect(probeNats({ ...cluster!, servers, credentialsFile })).rejects.toMatchObject({
        code: 'ENOENT',
      });
    } finally {
      await server.stop();
    }
  });
});
