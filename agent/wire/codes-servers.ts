/** What goes wrong between the agent and its servers. */
export const SERVER_CODES = {
  'server-away': {
    meaning:
      'No server of this destination can be reached. What is read waits in the spool, and then in the files. With balance = round-robin: this server cannot be reached, and those that are up take its share.',
    risk: 'Nothing is lost while the spool has room. When it is full, [spool] full decides; with block the files wait, and what rotation deletes meanwhile is lost.',
    cure: "Bring the server back; it is tried again by itself. 'tailship check --connect' tells what is in the way, 'tailship status' how much waits.",
  },
  'server-skipped': {
    meaning: 'A server of the failover order cannot be reached, and the next one is tried.',
    risk: 'Nothing is lost. One server less stands by.',
    cure: 'Bring that server back. Records return to it by themselves once it has answered for a while.',
  },
  'server-changed': {
    meaning: 'Records go to another server of the failover order, because the one before it is away.',
    risk: 'Nothing is lost. What was not acknowledged is sent again, so the new server may get records that the old one has too.',
    cure: 'Bring the first server back. To recognise repeats use the identity element (f, at) of each record.',
  },
  'connection-broken': {
    meaning: 'A connection to a server ended while records were under way. It is made anew at once.',
    risk: 'Nothing is lost: what was not acknowledged is sent again, so some records may come twice.',
    cure: "If it goes on, look at the server's own log, and for a firewall or load balancer that ends idle connections.",
  },
  'record-refused': {
    meaning:
      'The system or the server refuses this one record as it is (too large for a datagram, for example). It was set aside in the spool, so that the ones behind it can go.',
    risk: 'This record is not at the server. It is kept until somebody sends it again or drops it.',
    cure: "For UDP make [syslog] chunk smaller, or use tcp, tls or relp. For RELP look into the log of the server for the reason. Then send it with 'tailship spool retry'.",
  },
  'all-refused': {
    meaning: 'A RELP server answers every record with a refusal. That is not for the records, so none is set aside.',
    risk: 'Nothing is lost: they are sent again every 10 s, and what comes after them waits.',
    cure: 'Look into the log of the server for the reason: a full disk or queue, or a rule that refuses this host.',
  },
  'not-delivered': {
    meaning: 'A run with --once has given up, since nothing had moved for --wait: not every server has all lines.',
    risk: 'Nothing is lost. What is missing at a server stands in the spool or, unread, in the files, and the next run goes on with it.',
    cure: "The warnings before it say why nothing moved. 'tailship status' shows how much waits; 'tailship spool drain' sends what stands in the spool.",
  },
  'tls-unverified': {
    meaning: 'The certificate of the server is not checked, because tls_verify is off.',
    risk: 'Whoever can place himself between this host and the server can read all records and swallow them.',
    cure: 'Name the authority that signed the certificate in [syslog] tls_ca, and take tls_verify out.',
  },
} as const;
