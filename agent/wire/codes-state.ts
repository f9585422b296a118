/** What goes wrong with the spool, the positions in it, and its disk. */
export const STATE_CODES = {
  'state-cloned': {
    meaning:
      'The state file was written on another machine: it came with a cloned machine or an image, or a volume has moved here.',
    risk: 'None by itself: every file gets a new identity, so that a receiver does not take the lines of one machine for repeats of the other. What waited in the spool may be sent by both.',
    cure: 'Nothing is to be done. Leave the spool and /etc/machine-id out of images that are to be cloned.',
  },
  'rotated-unread': {
    meaning:
      'The spool is full, so the files wait; and rotation has renamed a file of which something is not read yet.',
    risk: 'Rotation deletes its oldest files. One that is deleted unread may be lost, above all when the agent is restarted meanwhile.',
    cure: 'Bring the server back, raise [spool] max_size, or let rotation keep more files until then.',
  },
  'spool-full': {
    meaning:
      'The spool has reached [spool] max_size, and full = block: nothing more is read until the server takes something.',
    risk: 'Nothing is lost as long as the log files stay. What rotation deletes while they wait is lost.',
    cure: 'Bring the server back, or raise [spool] max_size; a reload or restart takes it up.',
  },
  'lines-dropped': {
    meaning: 'Lines were dropped from the full spool, as full = drop-oldest or drop-newest says.',
    risk: 'These lines are not at the server and will not be. They are counted in tailship_lines_dropped_total.',
    cure: 'Bring the server back. For the next time raise [spool] max_size, or use full = block, which drops nothing.',
  },
  'lines-expired': {
    meaning: 'Lines were dropped from the spool because they were older than [spool] max_age.',
    risk: 'These lines are not at the server and will not be. They are counted in tailship_lines_dropped_total.',
    cure: 'Bring the server back. For the next time raise [spool] max_age, or take it out: without it lines never expire.',
  },
  'dropped-by-hand': {
    meaning: "Somebody dropped lines from the spool with 'tailship spool drop'.",
    risk: 'These lines are not at the server and will not be. They are counted in tailship_lines_dropped_total.',
    cure: 'Nothing is to be done if it was meant. While the log files are still there, tailship rewind sends them again.',
  },
  'refused-dropped': {
    meaning: 'The server refuses records for good, and the spool has no room to keep them, or its disk has none.',
    risk: 'These lines are not at the server and will not be. They are counted in tailship_lines_dropped_total, with the cause refused.',
    cure: "Make room on the disk, raise [spool] max_size, or drop what was refused before with 'tailship spool drop --refused'.",
  },
  'spool-removed': {
    meaning:
      'Somebody removed the state file under the running agent. It was written anew from what the agent still had open.',
    risk: 'Nothing is lost.',
    cure: 'Find out who removed it: a clean-up job, or a container that shares the folder.',
  },
  'spool-not-rewritten': {
    meaning: 'The state file was removed under the running agent, and could not be written anew.',
    risk: 'What stood only in the spool is lost. Positions are lost too: log files are read as at a first start.',
    cure: 'Mend what the sentence says (space, rights), then start the agent.',
  },
  'spool-fleeting': {
    meaning:
      'The spool stands on a file system that does not outlive a restart of the host or the container (tmpfs, overlay).',
    risk: 'At a restart positions and all that waits in the spool are gone: lines are lost or sent again.',
    cure: 'Set [spool] path to a disk that stays; in a container, to a mounted volume.',
  },
  'spool-damaged': {
    meaning:
      'The state file is damaged or was cut off. It is set aside, and what can be read of it goes into a new one.',
    risk: 'Records that stood only in the damaged part are lost, and the last second of lines may be sent again. The sentence says how much was saved.',
    cure: 'See what the disk and the kernel say (dmesg). The file that was set aside can be deleted when nobody needs it.',
  },
  'spool-held': {
    meaning: 'Another process uses the same spool. Two agents cannot share one.',
    risk: 'Nothing is lost: the other agent goes on, and this one does not start.',
    cure: 'Stop the other one, or give each a [spool] path of its own.',
  },
  'spool-newer': {
    meaning: 'The state file was written by a newer tailship than this one. It was not touched.',
    risk: 'Nothing is lost, and nothing is shipped until the agent runs.',
    cure: 'Install the newer version again, or set [spool] path to another file; the log files are then read as at a first start.',
  },
  'spool-foreign': {
    meaning: 'The file that [spool] path names is no spool of tailship. It was not touched.',
    risk: 'Nothing is lost, and nothing is shipped until the agent runs.',
    cure: 'Set [spool] path to a file of its own.',
  },
  'spool-denied': {
    meaning: 'The user that runs tailship may not write the state file or its folder, or the disk is read-only.',
    risk: 'Nothing can be noted, so nothing is shipped. Log files wait.',
    cure: 'Give the folder to that user (the sentence has the command), make the disk writable, or set [spool] path to another place.',
  },
  'spool-place': {
    meaning:
      "The place that [spool] path names cannot hold the state file: its folder is missing, it is itself a folder or a device, or files there are the kernel's own.",
    risk: 'Nothing is lost, and nothing is shipped until the agent runs.',
    cure: 'Make the folder, mount its volume, or set [spool] path to a file in a folder that exists.',
  },
  'spool-locked': {
    meaning: 'Another program keeps the state file locked (a backup, a SQLite shell).',
    risk: 'Nothing is lost. The agent waits and tries again.',
    cure: 'Close whatever has the file open. To look into it use tailship status and tailship spool ls.',
  },
  'disk-full': {
    meaning:
      'The disk of the spool is full. Positions are still written, from a reserve; nothing is added to the spool.',
    risk: 'What can be sent is sent, and the files wait. What rotation deletes while they wait is lost.',
    cure: 'Free space on that disk, or set [spool] path to a larger one. It goes on by itself.',
  },
  'disk-error': {
    meaning: 'The disk of the spool gave an error.',
    risk: 'What cannot be noted is not shipped. A dying disk can take the spool with it.',
    cure: 'See what the kernel says (dmesg), and move [spool] path to a disk that works.',
  },
  'thread-ended': {
    meaning:
      'The thread in which lines are shaped while there is much to do has ended or cannot be started, mostly for want of memory or because of a limit of threads.',
    risk: 'Nothing is lost: its lines are shaped in the main thread, so it only goes slower. It is tried again after a minute.',
    cure: 'The sentence names the reason. Give the agent more memory where that was it; else report it with what `tailship report` gives.',
  },
  'memory-short': {
    meaning: 'There is not enough memory for the work with the state file.',
    risk: 'Nothing is lost. The agent tries again.',
    cure: 'Give the process more memory (MemoryMax, the limit of the container), or make [syslog] window smaller.',
  },
} as const;
