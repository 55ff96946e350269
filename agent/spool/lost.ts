/** The stage under which records are counted that were given up because they could not be kept or sent. */
export const spoolStage = 'spool';
