import type { Json } from './tables.ts'

/** A value as it is kept in a column. */
export const toJson = (value: unknown): Json => JSON.stringify(value)

/** A value that `toJson` made: trusted, since nobody else writes these columns. */
export const fromJson = <T>(json: Json): T => JSON.parse(json) as T
