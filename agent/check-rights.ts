/** Owners and rights in words, for `tailship check`. */
import fs from 'node:fs';

/** `root:adm, mode 0640` */
export function rightsText({ uid, gid, mode }: { uid: number; gid: number; mode: number }): string {
  const rights = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${nameOf('/etc/passwd', uid)}:${nameOf('/etc/group', gid)}, mode ${rights}`;
}

/** The user as whom this process runs. */
export function ownName(): string {
  return nameOf('/etc/passwd', process.geteuid?.() ?? 0);
}

/** Whether this process may; `mode` as in fs.access. */
export function may(file: string, mode: number): boolean {
  try {
    fs.accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/** A user and his groups, by number. */
export type Who = { readonly uid: number; readonly gids: readonly number[] };

/** As whom this process runs. */
export function myself(): Who {
  return { uid: process.geteuid?.() ?? 0, gids: [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])] };
}

/** Whether `who` may read a file of these rights. Owner and group by name or number; an ACL is not seen. */
export function readableBy(
  file: { readonly mode: number; readonly owner: string | number; readonly group: string | number },
  { uid, gids }: Who,
): boolean {
  const is = (table: '/etc/passwd' | '/etc/group', id: number, wanted: string | number) =>
    id === wanted || String(id) === wanted || nameOf(table, id) === wanted;
  if (uid === 0) return true;
  if (is('/etc/passwd', uid, file.owner)) return (file.mode & 0o400) !== 0;
  if (gids.some((gid) => is('/etc/group', gid, file.group))) return (file.mode & 0o040) !== 0;
  return (file.mode & 0o004) !== 0;
}

/** How this process would get the right to read the file: as its owner, by its group where that has the right, else by an ACL. */
export function cureForReading(file: string, { uid, gid, mode }: { uid: number; gid: number; mode: number }): string {
  if (uid === process.geteuid?.()) return `Let it read the file: chmod u+r ${file}`;
  const user = ownName();
  const acl = `setfacl -m u:${user}:r ${file}`;
  const group = nameOf('/etc/group', gid);
  if ((mode & 0o040) === 0 || gid === 0) return `Let it read the file: ${acl}`;
  return `Run tailship with the group ${group} (usermod -aG ${group} ${user}), or: ${acl}`;
}

/** The first folder on the way to `file` that this process may not enter; undefined where it may enter all that exist. */
export function closedFolder(file: string): string | undefined {
  const folders = file.split('/').slice(1, -1);
  let folder = '';
  for (const name of folders) {
    folder += `/${name}`;
    if (isFolder(folder) && !may(folder, fs.constants.X_OK)) return folder;
  }
  return undefined;
}

function isFolder(file: string): boolean {
  try {
    return fs.statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** The name of an id in /etc/passwd or /etc/group; the number where it has none there, as with LDAP or in a container. */
function nameOf(table: '/etc/passwd' | '/etc/group', id: number): string {
  try {
    for (const line of fs.readFileSync(table, 'utf8').split('\n')) {
      const fields = line.split(':');
      if (fields[0] && fields[2] === String(id)) return fields[0];
    }
  } catch {
    // No such table: the number will do.
  }
  return String(id);
}
