import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { exchange } from '/work/main/tests/hostile/raw-connection.ts';
import { signedBytes } from '/work/main/tests/hostile/signed-bytes.ts';
import { startS3Server } from '/work/main/tests/s3-server.ts';

const server = await startS3Server();
await server.client().send(new CreateBucketCommand({ Bucket: 'versioned' }));
const r = {
  method: 'DELETE',
  path: '/versioned/\u{f18e3}\u{95d2a}x',
  query: [
    ['__proto__', 'true'],
    ['versionId', 'ꇢ𞓢ꆷ𒃛🜻'],
    ['marker', '𐣡𝠢'],
  ] as const,
  headers: { 'x-amz-checksum-crc32': '⯝🞆ひ𔓓', origin: '𨿮󁲇񞨓󪙺찘' },
  payload: 'sha256' as const,
};
for (const drop of ['', 'headers', 'query']) {
  const q = { ...r, ...(drop === 'headers' ? { headers: {} } : {}), ...(drop === 'query' ? { query: [] } : {}) };
  console.log(
    drop,
    await exchange(server.port, signedBytes(server, q)).then(
      (x) => x.status + String(x.body),
      (e) => e.message,
    ),
  );
}
process.exit();
