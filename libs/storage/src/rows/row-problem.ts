/** Why a record cannot become rows. It never leaves the library: the record is rejected and stored as it came. */
export class RowProblem extends Error {}
