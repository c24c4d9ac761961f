import { LogBooks } from '../../src/engine/log/log-books.ts'
import { places } from '../../src/engine/process/places.ts'

/** The log books of a data folder, as a server with one engine opens them. */
export const booksIn = (folder: string): LogBooks => new LogBooks(places(folder).logs)
