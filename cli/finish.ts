/** Takes the exit status of a command that has one. */
export type Finish = (exitStatus: number) => void;
