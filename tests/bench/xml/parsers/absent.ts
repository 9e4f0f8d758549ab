// In place of Node's own modules on XS: nothing of them is called there.
export class StringDecoder {}
export class Stream {}
