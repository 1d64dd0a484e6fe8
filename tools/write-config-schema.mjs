#!/usr/bin/env node
// Writes config.schema.json, which editors use to complete and check config.yaml, from the schema that the recorder
// itself checks with. Run it through `npm run schema`, which builds the library first.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '@org/config';

const path = fileURLToPath(new URL('../config.schema.json', import.meta.url));
writeFileSync(path, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
console.log(`wrote ${path}`);
