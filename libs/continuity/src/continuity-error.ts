/** `STATE_UNREADABLE`: the text is not a state that {@link StreamMerge.state} of this version gave. */
export type ContinuityErrorCode = 'STATE_UNREADABLE';

/** Everything that this library throws. Decide on `code`. */
export class ContinuityError extends Error {
  readonly code: ContinuityErrorCode;

  constructor(code: ContinuityErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ContinuityError';
    this.code = code;
  }
}
