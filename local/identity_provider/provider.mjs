// A certified OpenID provider with the users of one file: `node provider.mjs <settings.json>`.
// It accepts every password and stores everything in memory.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

import Provider, { errors } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

import { errorPage, loginPage, logoutPage, signedOutPage } from './pages.mjs';
import { loadUsers } from './users.mjs';

const FORM_LIMIT = 16 * 1024;
const MINUTE = 60;
const HOUR = 60 * MINUTE;

const STATIC_FILES = {
  '/style.css': 'text/css',
  '/sign-out.js': 'text/javascript',
};

// No form-action: browsers apply it to every redirect after the form, up to the requested page,
// which may be any environment's.
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const users = loadUsers(settings.usersFile, settings.groupsClaim);

const provider = new Provider(settings.issuer, {
  // A single process, whose sessions may end with it.
  adapter: class extends MemoryAdapter {},
  clients: settings.clients.map((client) => ({
    client_id: client.clientId,
    client_secret: secretsOf(client)[0],
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    id_token_signed_response_alg: 'ES256',
  })),
  scopes: settings.scope.split(' '),
  claims: { openid: ['sub', settings.groupsClaim], email: ['email', 'email_verified'] },
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  // A load balancer is a confidential client and sends no code challenge.
  pkce: { required: () => false },
  clientBasedCORS: () => false,
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { logoutSource, postLogoutSuccessSource },
  },
  ttl: {
    AccessToken: HOUR,
    AuthorizationCode: MINUTE,
    Grant: 12 * HOUR,
    IdToken: HOUR,
    Interaction: 15 * MINUTE,
    Session: 12 * HOUR,
  },
  findAccount: (_ctx, sub) => users.bySubject(sub),
  loadExistingGrant: grantRequestedScope,
  renderError,
});

// Read at each sign-in: while a secret is rotated its file has both, one a line.
provider.Client.prototype.compareClientSecret = function (actual) {
  const client = settings.clients.find(({ clientId }) => clientId === this.clientId);
  return secretsOf(client).includes(actual);
};

provider.on('server_error', (_ctx, error) => console.error(error));

provider.use(async (ctx, next) => {
  ctx.set(HEADERS);
  const login = ctx.path.match(/^\/interaction\/[\w-]+$/);
  if (login && ctx.method === 'GET') await showLogin(ctx);
  else if (login && ctx.method === 'POST') await handleLogin(ctx);
  else if (ctx.path in STATIC_FILES) showFile(ctx);
  else await next();
});

createServer(
  { cert: readFileSync(settings.certificate), key: readFileSync(settings.key) },
  provider.callback(),
).listen(settings.port, '127.0.0.1', () => console.info(`${settings.issuer} is ready`));

async function showLogin(ctx) {
  if (await interaction(ctx)) ctx.body = loginPage({ users });
}

async function handleLogin(ctx) {
  if (!(await interaction(ctx))) return;
  const email = (await readForm(ctx.req)).get('email') ?? '';
  const user = users.byEmail(email);
  if (!user) {
    ctx.status = 403;
    ctx.body = loginPage({ users, unknownEmail: email });
    return;
  }
  ctx.redirect(
    await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: user.accountId } }),
  );
  ctx.status = 303;
}

// The pending sign-in of the browser's cookie, if it has not expired.
async function interaction(ctx) {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    ctx.status = 400;
    ctx.body = errorPage({
      error: 'This sign-in is over',
      error_description: 'It took too long or was finished in another tab. Open the portal again.',
    });
    return undefined;
  }
}

async function readForm(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > FORM_LIMIT) break;
  }
  return new URLSearchParams(body);
}

function showFile(ctx) {
  ctx.type = STATIC_FILES[ctx.path];
  ctx.body = readFileSync(new URL(`.${ctx.path}`, import.meta.url));
}

// Without consent: company providers grant it for the company's own applications.
async function grantRequestedScope(ctx) {
  const { client, params, session } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

function logoutSource(ctx, form) {
  ctx.body = logoutPage(form);
}

function postLogoutSuccessSource(ctx) {
  ctx.body = signedOutPage();
}

function renderError(ctx, out) {
  ctx.type = 'html';
  ctx.body = errorPage(out);
}

function secretsOf(client) {
  return readFileSync(client.clientSecretFile, 'utf8').split(/[\r\n]+/).filter(Boolean);
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' };
}
