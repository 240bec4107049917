import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { websiteBucketOf } from '../domain/website-hosts.ts';

/** What is answered beside the S3 API on its port: `/health`, `/ready` and `/metrics`. */
export interface Probes {
  /** Resolves when the engines answer, rejects when they do not. */
  ready(): Promise<void>;
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Opens `/metrics` to other machines. */
  readonly metricsToken: string | undefined;
  /** Host names whose first label is a bucket: under them these paths are keys. */
  readonly domains: readonly string[];
  /** Host names that are websites, where these paths are keys as well; left out where there are none. */
  readonly websiteDomains?: readonly string[];
}

const paths = new Set(['/health', '/ready', '/metrics']);
const longestPath = 8;

/**
 * Answers a probe, or gives false for every other request. The three names cannot be buckets; a request that is signed,
 * or to a bucket's own host, is for S3 all the same.
 */
export function answerProbe(request: IncomingMessage, response: ServerResponse, probes: Probes): boolean {
  const { url = '', method, headers } = request;
  if (url.length > longestPath || !paths.has(url) || (method !== 'GET' && method !== 'HEAD')) return false;
  if (headers.authorization?.startsWith('AWS') || namesBucket(headers.host, probes)) return false;
  void answer(url, request, probes).then(({ status, contentType = 'text/plain; charset=utf-8', body }) => {
    const bytes = Buffer.from(body);
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': bytes.length,
      'cache-control': 'no-store',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    });
    response.end(method === 'HEAD' ? undefined : bytes);
  });
  return true;
}

interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

async function answer(url: string, request: IncomingMessage, probes: Probes): Promise<Answer> {
  if (url === '/health') return { status: 200, body: 'alive\n' };
  if (url === '/metrics' && !mayReadMetrics(request, probes.metricsToken)) {
    return { status: 401, body: 'metrics are for this machine, or with the token of CAIRN_METRICS_TOKEN\n' };
  }
  try {
    if (url === '/metrics') return { status: 200, ...(await probes.metrics()) };
    await probes.ready();
    return { status: 200, body: 'ready\n' };
  } catch {
    return { status: 503, body: url === '/ready' ? 'not ready\n' : 'metrics are not available now\n' };
  }
}

function namesBucket(host: string | undefined, { domains, websiteDomains = [] }: Probes): boolean {
  if (host === undefined) return false;
  if (websiteBucketOf(host, { domains, websiteDomains }) !== undefined) return true;
  if (domains.length === 0) return false;
  const name = host.toLowerCase().replace(/:\d*$/, '');
  return domains.some((domain) => name.endsWith(`.${domain}`));
}

const loopback = /^(127\.|::1$|::ffff:127\.)/;

/** A request that a proxy on this machine forwards comes from loopback too, but not from this machine. */
function mayReadMetrics({ socket, headers }: IncomingMessage, token: string | undefined): boolean {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined && given !== undefined) return sameText(given, token);
  const forwarded = headers['x-forwarded-for'] ?? headers.forwarded ?? headers['x-real-ip'];
  return forwarded === undefined && loopback.test(socket.remoteAddress ?? '');
}

/** Takes as long whatever the difference is. */
function sameText(given: string, expected: string): boolean {
  const length = Math.max(Buffer.byteLength(expected), 1);
  const a = Buffer.alloc(length);
  const b = Buffer.alloc(length);
  a.write(given);
  b.write(expected);
  return timingSafeEqual(a, b) && Buffer.byteLength(given) === Buffer.byteLength(expected);
}
