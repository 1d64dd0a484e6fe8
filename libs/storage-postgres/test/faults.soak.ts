import { surviveRandomFaults } from './random-faults.ts';
import { describeWithServer, serverForAll } from './server.ts';

describeWithServer('a PostgreSQL sink under faults, for long', () => {
  // With syncs, as in life.
  const database = serverForAll({});

  it('stores every row once over 2,400 faults', async () => {
    await surviveRandomFaults(database, 200);
  });
});
