/** A server that a test started. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export function findNats(): string | undefined;
export function startNats(options?: { dir?: string; args?: readonly string[] }): Promise<NatsServer>;
