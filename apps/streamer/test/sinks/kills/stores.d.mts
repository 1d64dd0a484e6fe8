export type StoreName = 'csv' | 'postgres' | 'influx' | 'nats';

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface StoreOptions {
  readonly folder: string;
  readonly url: string;
}

export const STORES: Readonly<
  Record<
    StoreName,
    {
      isHere(): boolean;
      start(): Promise<Server | undefined>;
      storedIds(options: StoreOptions): Promise<readonly number[]>;
    }
  >
>;
