// An OpenID provider nobody here wrote, with one client, and a resource behind its tokens.
// node server.mjs FOLDER_WITH_NODE_MODULES REDIRECT_URI; writes one line of JSON when it answers.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [folder, redirectUri] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`).href);

const SCOPES = ['openid', 'reports:read'];
const client = { client_id: 'firm one', client_secret: 's:cr+t &%~' };

const server = createServer();
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    ...client,
    redirect_uris: [redirectUri],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: SCOPES.join(' '),
  }],
  scopes: SCOPES,
  pkce: { methods: ['S256'], required: () => true },
  features: { revocation: { enabled: true } },
  rotateRefreshToken: () => true,
  issueRefreshToken: async () => true,
  expiresWithSession: async () => false,
  ttl: { AccessToken: 600, AuthorizationCode: 60, RefreshToken: 3600, IdToken: 600, Interaction: 600, Session: 600, Grant: 3600 },
});

const counts = { token: 0, refused: 0 };
const answer = provider.callback();

async function scores(request, response) {
  const bearer = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const token = bearer ? await provider.AccessToken.find(bearer) : undefined;
  const status = token?.isValid ? 200 : 401;
  const body = { scores: [{ bureau: 'equifax', model: 'V3', value: 640, as_of: '2026-01-05' }] };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(status === 200 ? body : { error: 'invalid_token' }));
}

server.on('request', (request, response) => {
  if (request.url === '/scores') {
    scores(request, response);
  } else if (request.url === '/counts') {
    response.end(JSON.stringify(counts));
  } else {
    if (request.url === '/token') {
      counts.token += 1;
      response.on('finish', () => { counts.refused += response.statusCode >= 400 ? 1 : 0; });
    }
    answer(request, response);
  }
});

console.log(JSON.stringify({ ready: issuer, ...client, scope: SCOPES.join(' ') }));
