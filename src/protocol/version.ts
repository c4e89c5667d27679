/**
 * Version of everything the app and a runner say to each other. Raised whenever one of them could
 * misunderstand the other; a runner of another version is refused with a typed error, never guessed at.
 */
export const PROTOCOL_VERSION = 3;
