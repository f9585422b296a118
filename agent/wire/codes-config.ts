/** What goes wrong with the agent itself. */
export const CONFIG_CODES = {
  'pattern-set-aside': {
    meaning:
      'The pattern of an input took too long on ten lines, so that it had to be interrupted, and is not tried any more until the next start.',
    risk: 'No line is lost: all are shipped, but whole, without host, owner, level and time of their own, and with SLOW in their JSON.',
    cure: "Write the pattern in another way: 'tailship check' names the input, 'tailship try' shows the lines. Without lookahead, back-references and counts of repeated pieces it cannot be slow.",
  },
  'control-socket': {
    meaning: 'The control socket beside the spool could not be opened.',
    risk: "Shipping goes on. 'tailship status' and the spool commands cannot talk to this agent, and show what is in the state file.",
    cure: 'Choose a shorter [spool] path where the path is too long; else give the user that runs tailship the right to write into the folder.',
  },
  'no-http': {
    meaning:
      'The page, the metrics and the health checks cannot be served: something else listens on [status] listen, or it may not be used.',
    risk: 'Shipping goes on. Whoever watches the agent over HTTP sees nothing, and may take it for dead.',
    cure: 'Set [status] listen to a free port of an address that this host has. It is tried again by itself.',
  },
  'reload-refused': {
    meaning:
      'The configuration that was to be read again, at SIGHUP or because its file has changed, is wrong, so the old one goes on. What is wrong is named with its lines.',
    risk: 'Nothing is lost. What was meant to change has not changed, and a restart would refuse to begin.',
    cure: "Correct the lines that are named ('tailship check' names them too), and send SIGHUP again; with [agent] reload = change the corrected file is read by itself.",
  },
  'reload-waits': {
    meaning:
      'A part of the new configuration cannot hold yet: lines were read in the old way, and neither server nor spool has them all.',
    risk: 'Nothing is lost. Until then inputs are read and records are written as before; other changes hold already.',
    cure: 'Bring the server back, or raise [spool] max_size. It is tried again by itself.',
  },
  'manager-deaf': {
    meaning:
      'The unit has systemd wait to be told that the agent is ready and alive (Type=notify, WatchdogSec=), and it cannot be told: systemd-notify is missing, or failed.',
    risk: 'Shipping goes on, until systemd takes the start for failed or the agent for hung, ends it and starts it again. Nothing is lost by that.',
    cure: "Install systemd-notify (it comes with systemd) and keep NotifyAccess=all in the unit; or set Type=exec and WatchdogSec=0 with 'systemctl edit tailship'.",
  },
  'destination-halted': {
    meaning:
      'A fault of tailship itself has stopped one destination where it stood, because a step more could have skipped lines.',
    risk: 'Nothing is lost yet: its lines are in the files and in the spool. They wait until the agent is started again.',
    cure: "Start the agent again. Please report it, with the file that 'tailship report' writes.",
  },
  'agent-fault': {
    meaning: 'The agent ended by a fault of its own.',
    risk: 'Nothing is lost: every line is in its file or in the spool. Some may be sent twice.',
    cure: "Start the agent again (systemd does). Please report it, with the file that 'tailship report' writes.",
  },
} as const;
