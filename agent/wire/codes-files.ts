/** What goes wrong with the files that are followed. */
export const FILE_CODES = {
  'file-closed': {
    meaning: 'A file that is to be followed cannot be opened or read.',
    risk: 'Its lines are not shipped until it can be read. What rotation deletes before that is lost.',
    cure: "Give the user that runs tailship the right to read it ('tailship check' prints the command), or raise the limit of open files where the reason is EMFILE. It is tried again at every poll.",
  },
  'folder-closed': {
    meaning: 'A folder in which files are looked for cannot be listed.',
    risk: 'New and rotated files in it are not found.',
    cure: "Give the user that runs tailship the right to list and enter the folder: setfacl -m u:USER:rx FOLDER ('tailship check' prints the command).",
  },
  'name-unwritable': {
    meaning:
      'A file that a glob matches has a name with bytes that are not UTF-8. Such a name cannot be written down, so it cannot be opened.',
    risk: 'The lines of that file are not shipped.',
    cure: "Let the application name it in ASCII or UTF-8, or rename it: find FOLDER -inum INODE -exec mv {} NAME ';' (ls -i tells the inode).",
  },
  'passed-over': {
    meaning:
      'A glob matches folders, of which only files are followed, or archives that are no rotated files of one that is followed. They are told of once.',
    risk: 'Nothing in them is shipped.',
    cure: 'Name the files in the folder, for example FOLDER/*.log, or FOLDER/**/*.log for all below it. Unpack an archive whose lines are wanted. Where nothing of it is wanted, make the glob narrower: *.log instead of *.',
  },
  'own-records': {
    meaning:
      'The file holds records that tailship itself made of it: a server on this host writes what it receives into a file that is followed.',
    risk: 'Going on would make an endless circle, so the file is not read any more. Its new lines are not shipped.',
    cure: 'Let the server write into another file, or take the file out of [input] path. Then pass over what is in it: tailship rewind FILE --to end',
  },
  'bytes-lost': {
    meaning: 'Bytes of a file went away before they were read: it was truncated, rewritten or deleted.',
    risk: 'The lines that they held are lost. The bytes are counted in tailship_lost_bytes_total.',
    cure: "Rotate with create instead of copytruncate, and keep rotated files for longer than an outage may take. 'tailship check' looks at the logrotate configuration for this.",
  },
  'bytes-unreadable': {
    meaning: 'A part of a file cannot be read: the disk gives an error there, or a packed file is damaged.',
    risk: 'The lines behind that place are lost, unless the file can be restored.',
    cure: 'See what the kernel says (dmesg), and whether the file can be unpacked (gzip -t). After restoring it: tailship rewind FILE --to POSITION',
  },
  'read-twice': {
    meaning: 'Two inputs name the same file, perhaps under two names: by a link, or by globs that overlap.',
    risk: 'Nothing is lost. Each of its lines is shipped twice, once as each of the inputs.',
    cure: 'Take the file out of one of them, unless it is meant: write a narrower glob in [input] path.',
  },
  'never-read': {
    meaning: 'A rotated file was found that was never read, and that cannot be read.',
    risk: 'All its lines are lost to the server, though they are still in the file.',
    cure: 'Let logrotate compress with gzip, with delaycompress, so that a file is read before it is packed.',
  },
  'deleted-unread': {
    meaning: 'A deleted file was let go before it was read to its end, because hold_size or hold_age allows no more.',
    risk: 'The rest of its lines is lost, and counted in tailship_lost_bytes_total.',
    cure: 'Raise [input] hold_size and hold_age, or set them to 0, which holds files for as long as it takes. Keep rotated files for longer.',
  },
  'gone-unread': {
    meaning: 'A file that was being read is not there any more since the agent last ran.',
    risk: 'What was written to it after the agent had stopped is lost. How much that was cannot be known.',
    cure: 'Keep more rotated generations (logrotate: rotate N), and leave the agent stopped for shorter than they live.',
  },
  'files-unseen': {
    meaning: 'A look at the files failed, mostly because the disk of the spool refused to note what was found.',
    risk: 'Nothing is lost yet: it is tried again at the next poll.',
    cure: 'The sentence names the reason. Free space on the disk of the spool, or mend what it says.',
  },
  'no-file-events': {
    meaning: 'The system gives no file events, so files are looked at on a timer ([input] poll).',
    risk: 'Nothing is lost. Lines go out a little later, and many files cost more processor time.',
    cure: 'Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl, or set [input] watch = poll to be content with it.',
  },
} as const;
