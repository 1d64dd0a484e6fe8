export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export function findPostgres(): string | undefined;
export function startPostgres(options?: {
  readonly dir?: string;
  readonly settings?: Readonly<Record<string, string | number>>;
}): Promise<PostgresServer>;
