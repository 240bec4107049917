import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const slapd = '/usr/sbin/slapd';

/** Why there is no OpenLDAP here; undefined where there is. It is the package `slapd` of Debian. */
export async function whyNoOpenLdap(): Promise<string | undefined> {
  try {
    await Promise.all([access(slapd), access('/etc/ldap/schema/inetorgperson.schema'), run('openssl', ['version'])]);
    return undefined;
  } catch {
    return 'slapd and openssl are not installed: tests/sts/install.sh';
  }
}

export interface OpenLdap extends AsyncDisposable {
  readonly url: string;
  readonly secureUrl: string;
  /** PEM of the authority that its certificate is of. */
  readonly authority: string;
  readonly bindName: string;
  readonly bindPassword: string;
}

export const base = 'dc=example,dc=com';
export const people = `ou=people,${base}`;
export const groups = `ou=groups,${base}`;
export const passwordOf = (uid: string): string => `password of ${uid}`;

const person = (uid: string, more = '') => `
dn: uid=${uid},${people}
objectClass: inetOrgPerson
cn: ${uid}
sn: ${uid}
uid: ${uid}
userPassword: ${passwordOf(uid)}
${more}`;

const content = `
dn: ${base}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ${people}
objectClass: organizationalUnit
ou: people

dn: ${groups}
objectClass: organizationalUnit
ou: groups

dn: cn=cairn,${base}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: cairn
userPassword: service-password
${person('alice')}${person('bob')}${person('carol')}${person('star')}${person('an na')}
dn: uid=nopassword,${people}
objectClass: inetOrgPerson
cn: nopassword
sn: nopassword
uid: nopassword

dn: uid=twin,${people}
objectClass: inetOrgPerson
cn: twin
sn: twin
uid: twin
userPassword: ${passwordOf('twin')}

dn: uid=twin2,${people}
objectClass: inetOrgPerson
cn: twin2
sn: twin2
uid: twin
uid: twin2
userPassword: ${passwordOf('twin')}

dn: cn=Writers\\, all,${groups}
objectClass: groupOfNames
cn: Writers, all
member: uid=alice,${people}

dn: cn=readers,${groups}
objectClass: groupOfNames
cn: readers
member: uid=alice,${people}
member: uid=bob,${people}
`;

/** A directory with a few people and groups, on ports of its own. */
export async function startOpenLdap(): Promise<OpenLdap> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-slapd-'));
  const file = (name: string) => join(directory, name);
  await makeCertificates(directory);
  await mkdir(file('db'));
  await writeFile(
    file('slapd.conf'),
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${file('slapd.pid')}
TLSCACertificateFile ${file('ca.pem')}
TLSCertificateFile ${file('server.pem')}
TLSCertificateKeyFile ${file('server.key')}
disallow bind_anon
database mdb
suffix "${base}"
rootdn "cn=admin,${base}"
directory ${file('db')}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=cairn,${base}" read by * none
`,
  );
  await writeFile(file('content.ldif'), content);
  await run('/usr/sbin/slapadd', ['-f', file('slapd.conf'), '-l', file('content.ldif')]);
  const [port, securePort] = [await freePort(), await freePort()];
  const [url, secureUrl] = [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${securePort}`];
  const child = spawn(slapd, ['-f', file('slapd.conf'), '-h', `${url}/ ${secureUrl}/`, '-d', 'stats'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let said = '';
  const isUp = (async () => {
    for await (const line of createInterface(child.stderr)) {
      said += `${line}\n`;
      if (line.includes('slapd starting')) {
        child.stderr.resume();
        return true;
      }
    }
    return false;
  })();
  if (!(await isUp)) throw new Error(`slapd does not start: ${said}`);
  return {
    url,
    secureUrl,
    authority: await readFile(file('ca.pem'), 'utf8'),
    bindName: `cn=cairn,${base}`,
    bindPassword: 'service-password',
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function makeCertificates(directory: string): Promise<void> {
  const openssl = (...options: string[]) => run('openssl', options, { cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=tests');
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  await writeFile(join(directory, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signed);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
