// Compacts one day in a process of its own, from the build, to be killed at any moment.
import { compactDay } from '@org/storage-parquet';

const [outputDir, symbol, date] = process.argv.slice(2);
const outcomes = await compactDay({ outputDir, symbol, date, began: (kind) => process.send(kind) });
process.send(outcomes);
process.disconnect();
