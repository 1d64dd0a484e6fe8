import { Buffer } from 'node:buffer';

/** InfluxDB 1.x, and whatever takes its `/write`: 1.8, 2.x with a mapped bucket. */
export interface InfluxV1Target {
  readonly api?: 'v1';
  /** Made by `open` where it is missing. */
  readonly database: string;
  /** Default: the database's own default. */
  readonly retentionPolicy?: string;
  readonly username?: string;
  readonly password?: string;
}

/** InfluxDB 2.x: writes to `/api/v2/write`, reads its cursor through `/query` (InfluxQL). */
export interface InfluxV2Target {
  readonly api: 'v2';
  readonly org: string;
  /** Must exist. */
  readonly bucket: string;
  readonly token: string;
}

export type InfluxTarget = InfluxV1Target | InfluxV2Target;

const NAME = /^[^\p{Cc}"\\]{1,128}$/u;

/** Where requests go, made once. */
export interface TargetPaths {
  readonly write: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The database that is made where it is missing; undefined where that is not ours to do. */
  readonly creatable: string | undefined;
}

/** Throws a `RangeError` for a name that no server has. */
export function targetPaths(target: InfluxTarget): TargetPaths {
  return target.api === 'v2' ? v2Paths(target) : v1Paths(target);
}

function v1Paths({ database, retentionPolicy, username, password }: InfluxV1Target): TargetPaths {
  const store = new URLSearchParams({ db: checked('database', database) });
  if (retentionPolicy !== undefined) store.set('rp', checked('retention policy', retentionPolicy));
  const credentials = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
  return {
    write: `/write?${store.toString()}&precision=ns`,
    query: `/query?${store.toString()}&epoch=ns`,
    headers: username === undefined ? {} : { authorization: `Basic ${credentials}` },
    creatable: database,
  };
}

function v2Paths({ org, bucket, token }: InfluxV2Target): TargetPaths {
  const store = new URLSearchParams({ org: checked('org', org), bucket: checked('bucket', bucket) });
  return {
    write: `/api/v2/write?${store.toString()}&precision=ns`,
    query: `/query?${new URLSearchParams({ db: bucket }).toString()}&epoch=ns`,
    headers: { authorization: `Token ${token}` },
    creatable: undefined,
  };
}

function checked(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new RangeError(
    `expected a ${what} of 1 to 128 characters without quotes, was ${JSON.stringify(name).slice(0, 160)}`,
  );
}
