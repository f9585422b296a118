/** What was thrown, in its own words: an Error's message, and of anything else its text. */
export const wordsOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));
