/** What `tailship check` finds before it hurts. */
export const CHECK_CODES = {
  'pattern-risky': {
    meaning:
      'V8 cannot run this pattern in linear time: it has lookaround, a back-reference or a large counted repetition.',
    risk: 'An unlucky line makes it take very long. It is interrupted then, and after ten such lines set aside; lines are shipped whole from there on, with SLOW in their JSON.',
    cure: 'Write the pattern without these: anchor it with ^, and prefer classes such as [^ ]+ to nested repetitions.',
  },
  'file-absent': {
    meaning: 'A path leads to no file, or a glob to none, at present.',
    risk: 'None if the file is still to come: it is followed as soon as it appears. If the path has a slip, nothing is shipped.',
    cure: 'Compare the path with what the application writes. In a container: is the volume mounted at this place?',
  },
  'file-not-plain': {
    meaning: 'A path leads to a folder, a pipe, a socket or a device. Only ordinary files can be followed.',
    risk: 'Nothing of it is shipped.',
    cure: 'For a folder write a glob such as FOLDER/*.log. Let the application write an ordinary file instead of a pipe.',
  },
  'rotation-copytruncate': {
    meaning:
      'logrotate rotates this file with copytruncate: it copies the file and then empties it, while the application goes on writing.',
    risk: 'What the application writes between copy and truncation is lost before anybody can read it. The busier the file, the more.',
    cure: 'Rotate with create instead, and let postrotate tell the application to open its log anew (mostly a signal).',
  },
  'rotation-packs-early': {
    meaning: 'logrotate compresses the file as soon as it is rotated: compress without delaycompress.',
    risk: 'Lines that the application still writes into the renamed file are lost when it is packed, and a file that was not yet read has to be unpacked first.',
    cure: 'Add delaycompress to the block.',
  },
  'rotation-packer': {
    meaning: 'Rotated files are compressed with something other than gzip, which tailship cannot unpack.',
    risk: 'What was not read before a file is packed is lost to the server.',
    cure: 'Take compresscmd out (gzip is the default), and add delaycompress, so that a file is read before it is packed.',
  },
  'rotation-deletes-early': {
    meaning:
      'logrotate deletes rotated files before the longest outage that is to be survived would be over, and the spool is full by then.',
    risk: 'In an outage of that length, lines are deleted unread.',
    cure: 'Raise rotate (and maxage) in the block, or [spool] max_size. How long it has to last is given with tailship check --outage.',
  },
  'rotation-unclosed': {
    meaning: "A block in logrotate's configuration is not closed, so logrotate takes nothing from that file.",
    risk: 'Nothing is lost by tailship. The files that the block names grow until the disk is full.',
    cure: "Close the block with } on a line of its own, and see what logrotate says: 'logrotate -d FILE'.",
  },
  'rotation-olddir': {
    meaning: 'logrotate moves rotated files into another folder (olddir), and [input] rotated does not lead there.',
    risk: 'What was not read before the move is not found after a restart of the agent.',
    cure: 'Set rotated of this input to a glob for that folder, such as /var/log/old/app.log*.',
  },
  'rotation-name': {
    meaning:
      'logrotate gives rotated files a name in which tailship sees no date and no number (dateformat, extension).',
    risk: 'What was rotated while the agent was stopped is not found.',
    cure: 'Use a dateformat such as -%Y%m%d or -%Y%m%d-%H%M%S, or set [input] rotated to a glob that matches these names.',
  },
  'rotation-create-closed': {
    meaning:
      'After the next rotation the new file will belong to somebody else (create), so that the agent may not read it.',
    risk: 'From that rotation on nothing is shipped, though all is well today.',
    cure: 'Let create give the file a group that the agent has, and the mode 0640.',
  },
  'chunk-large': {
    meaning: 'Messages may become longer than a server with default limits takes whole (rsyslog: 8,096 bytes).',
    risk: 'The server cuts them, or takes the rest of one for a message of its own. Over RELP it answers 200 OK all the same.',
    cure: 'Set maxMessageSize on the server at least as large as [syslog] chunk, or leave chunk out: longer records then come in parts.',
  },
  'datagram-fragments': {
    meaning:
      'Messages over UDP may become larger than a packet on the way to the server, so IP sends them in fragments.',
    risk: 'A fragment that is lost takes the whole message along, and many firewalls drop fragments. Nobody is told.',
    cure: 'Make [syslog] chunk smaller (1,024 fits everywhere): longer records then come in parts. Or use tcp, tls or relp.',
  },
  'outage-short': {
    meaning:
      'At the present rate the spool does not hold the longest outage that is to be survived, and nothing else keeps the lines.',
    risk: 'Lines that come after that time are dropped, or deleted by rotation.',
    cure: 'Raise [spool] max_size, use full = block, or keep more rotated files. How long it has to last is given with tailship check --outage.',
  },
  'disk-scarce': {
    meaning: 'The disk of the spool has less room than [spool] max_size, or hardly any.',
    risk: 'In an outage the disk is full before the spool is.',
    cure: 'Free some space, set a smaller max_size, or put the spool on a larger disk.',
  },
  'destination-orphaned': {
    meaning: 'The state holds records for a destination that is not in the configuration any more.',
    risk: 'They are not sent, and take a part of [spool] max_size.',
    cure: 'Put the section back, so that they are sent, or drop them: tailship spool drop',
  },
  'name-unresolved': {
    meaning: 'The name of a server cannot be resolved to an address.',
    risk: 'Nothing can be sent to it. Records wait in the spool.',
    cure: 'Look for a slip in the name, and ask the resolver: getent hosts NAME',
  },
  'tls-fails': {
    meaning: 'The server takes connections, and no TLS connection comes about.',
    risk: 'Nothing can be sent to it. Records wait in the spool.',
    cure: 'The sentence has the reason. What the server shows can be seen with openssl s_client; the authority that signed it goes into [syslog] tls_ca.',
  },
  'certificate-ends': {
    meaning: 'A certificate ends soon or has ended.',
    risk: 'From that day on there is no connection, and records wait in the spool.',
    cure: 'Have it renewed. Files that [syslog] names are read again at each connect.',
  },
} as const;
