import type {
  ConnectionClosed,
  MarketStreamsHandlers,
  MessageRejected,
  ShutdownAnnounced,
  StreamAlarm,
  StreamsRefused,
} from '@org/binance-client';

/** Everything that the streams tell, in the order of telling. */
export class StreamLog implements MarketStreamsHandlers {
  readonly frames: { key: string; text: string; connectionId: number; receivedAtUs: number }[] = [];
  readonly alarms: StreamAlarm[] = [];
  readonly closes: ConnectionClosed[] = [];
  readonly refusals: StreamsRefused[] = [];
  readonly rejections: MessageRejected[] = [];
  readonly acknowledgedKeys: string[] = [];
  readonly clearedKeys: string[] = [];
  readonly rotations: [number, number][] = [];
  readonly shutdowns: { connectionId: number; route: string | undefined }[] = [];
  gaveUps = 0;

  frame: MarketStreamsHandlers['frame'] = (ref, bytes, receivedAtUs, connectionId) =>
    void this.frames.push({ key: ref.key, text: bytes.toString(), connectionId, receivedAtUs });
  alarm = (event: StreamAlarm) => void this.alarms.push(event);
  cleared: NonNullable<MarketStreamsHandlers['cleared']> = ({ stream }) =>
    void this.clearedKeys.push(stream.key);
  closed = (event: ConnectionClosed) => void this.closes.push(event);
  refused = (event: StreamsRefused) => void this.refusals.push(event);
  malformed = (event: MessageRejected) => void this.rejections.push(event);
  unroutable = (event: MessageRejected) => void this.rejections.push(event);
  acknowledged: NonNullable<MarketStreamsHandlers['acknowledged']> = (event) =>
    void this.acknowledgedKeys.push(...event.streams.map((stream) => stream.key));
  rotated: NonNullable<MarketStreamsHandlers['rotated']> = (event) =>
    void this.rotations.push([event.fromConnectionId, event.toConnectionId]);
  shutdownAnnounced = (event: ShutdownAnnounced) => void this.shutdowns.push(event);
  gaveUp = () => void this.gaveUps++;

  ids(streamKey: string): number[] {
    return this.frames
      .filter((frame) => frame.key === streamKey)
      .map((frame) => (JSON.parse(frame.text) as { data: { u: number } }).data.u);
  }
}
