/** Why a record cannot become points. It never leaves the library: the record is rejected and counted. */
export class PointProblem extends Error {}
