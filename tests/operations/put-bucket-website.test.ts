import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketWebsiteCommand,
  GetBucketWebsiteCommand,
  PutBucketWebsiteCommand,
  type WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function kept(WebsiteConfiguration: WebsiteConfiguration): Promise<unknown> {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
  const { $metadata, ...got } = await shared.s3.send(new GetBucketWebsiteCommand({ Bucket }));
  return JSON.parse(JSON.stringify(got));
}

test('a site comes back as it was given', async () => {
  const site: WebsiteConfiguration = {
    IndexDocument: { Suffix: 'index.html' },
    ErrorDocument: { Key: 'errors/404 & more.html' },
    RoutingRules: [
      {
        Condition: { HttpErrorCodeReturnedEquals: '404', KeyPrefixEquals: 'docs/' },
        Redirect: { HostName: 'x.test', Protocol: 'https', ReplaceKeyPrefixWith: 'd/', HttpRedirectCode: '302' },
      },
      { Condition: { KeyPrefixEquals: '' }, Redirect: { ReplaceKeyWith: 'one' } },
      { Redirect: { Protocol: 'http' } },
    ],
  };
  assert.deepEqual(await kept(site), site);
  assert.deepEqual(await kept({ IndexDocument: { Suffix: 'i' } }), { IndexDocument: { Suffix: 'i' } });
});

test('a redirect of everything comes back as it was given', async () => {
  const all = { RedirectAllRequestsTo: { HostName: 'www.example.com', Protocol: 'https' } } as const;
  assert.deepEqual(await kept(all), all);
  assert.deepEqual(await kept({ RedirectAllRequestsTo: { HostName: 'h' } }), {
    RedirectAllRequestsTo: { HostName: 'h' },
  });
});

test('a configuration takes the place of the one before', async () => {
  const Bucket = await shared.bucket();
  const put = (WebsiteConfiguration: WebsiteConfiguration) =>
    shared.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
  await put({ IndexDocument: { Suffix: 'a' }, ErrorDocument: { Key: 'e' } });
  await put({ IndexDocument: { Suffix: 'b' } });
  const got = await shared.s3.send(new GetBucketWebsiteCommand({ Bucket }));
  assert.deepEqual([got.IndexDocument?.Suffix, got.ErrorDocument], ['b', undefined]);
});

test('what is no configuration is refused, and nothing is kept of it', async () => {
  const Bucket = await shared.bucket();
  const put = async (inner: string, code: string) => {
    const { status, text } = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['website', '']],
      body: Buffer.from(`<WebsiteConfiguration>${inner}</WebsiteConfiguration>`),
    });
    assert.equal(status, 400, inner);
    assert.match(text, new RegExp(`<Code>${code}<`), inner);
  };
  const index = '<IndexDocument><Suffix>i</Suffix></IndexDocument>';
  await put('', 'InvalidArgument');
  await put('<IndexDocument><Suffix>a/b</Suffix></IndexDocument>', 'InvalidArgument');
  await put('<IndexDocument/>', 'MalformedXML');
  await put(`${index}<ErrorDocument><Key></Key></ErrorDocument>`, 'InvalidArgument');
  await put(`${index}<RedirectAllRequestsTo><HostName>a</HostName></RedirectAllRequestsTo>`, 'InvalidRequest');
  await put(`${index}<RoutingRules><RoutingRule></RoutingRule></RoutingRules>`, 'MalformedXML');
  await put(`${index}<Unknown/>`, 'MalformedXML');
  const rule = '<RoutingRule><Redirect><HostName>a</HostName></Redirect></RoutingRule>';
  await put(`${index}<RoutingRules>${rule.repeat(51)}</RoutingRules>`, 'InvalidRequest');
  await assert.rejects(
    shared.s3.send(new GetBucketWebsiteCommand({ Bucket })),
    isFailure('NoSuchWebsiteConfiguration', 404),
  );
});

test('only the owner configures a website, sees its configuration and takes it away', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger('website-stranger');
  const WebsiteConfiguration = { IndexDocument: { Suffix: 'i' } };
  await shared.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
  const denied = isFailure('AccessDenied', 403);
  await assert.rejects(stranger.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration })), denied);
  await assert.rejects(stranger.send(new GetBucketWebsiteCommand({ Bucket })), denied);
  await assert.rejects(stranger.send(new DeleteBucketWebsiteCommand({ Bucket })), denied);
});
