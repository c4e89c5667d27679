/** Packages whose name is not that of the module they bring. */
const PACKAGES: Readonly<Record<string, string>> = {
  Crypto: 'pycryptodome',
  Cryptodome: 'pycryptodomex',
  Levenshtein: 'python-Levenshtein',
  MySQLdb: 'mysqlclient',
  OpenSSL: 'pyOpenSSL',
  PIL: 'Pillow',
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  bson: 'pymongo',
  cairo: 'pycairo',
  cv2: 'opencv-python',
  dateutil: 'python-dateutil',
  discord: 'discord.py',
  docx: 'python-docx',
  dns: 'dnspython',
  dotenv: 'python-dotenv',
  fitz: 'PyMuPDF',
  flask_cors: 'Flask-Cors',
  flask_login: 'Flask-Login',
  flask_sqlalchemy: 'Flask-SQLAlchemy',
  git: 'GitPython',
  github: 'PyGithub',
  gitlab: 'python-gitlab',
  googleapiclient: 'google-api-python-client',
  grpc: 'grpcio',
  gi: 'PyGObject',
  haystack: 'haystack-ai',
  igraph: 'python-igraph',
  jose: 'python-jose',
  jwt: 'PyJWT',
  ldap: 'python-ldap',
  lxml_html_clean: 'lxml-html-clean',
  magic: 'python-magic',
  markdown_it: 'markdown-it-py',
  memcache: 'python-memcached',
  mpl_toolkits: 'matplotlib',
  multipart: 'python-multipart',
  nacl: 'PyNaCl',
  pkg_resources: 'setuptools',
  pptx: 'python-pptx',
  psycopg2: 'psycopg2-binary',
  pylab: 'matplotlib',
  pythoncom: 'pywin32',
  rest_framework: 'djangorestframework',
  ruamel: 'ruamel.yaml',
  serial: 'pyserial',
  sklearn: 'scikit-learn',
  skimage: 'scikit-image',
  slugify: 'python-slugify',
  socketio: 'python-socketio',
  engineio: 'python-engineio',
  telegram: 'python-telegram-bot',
  usb: 'pyusb',
  websocket: 'websocket-client',
  win32api: 'pywin32',
  win32con: 'pywin32',
  wx: 'wxPython',
  xdg: 'pyxdg',
  yaml: 'PyYAML',
  zmq: 'pyzmq',
};

/** Namespaces that many packages share, and how the package of a module in them is called. */
const NAMESPACES: readonly (readonly [RegExp, string])[] = [
  [/^google\.protobuf\b/, 'protobuf'],
  [/^google\.generativeai\b/, 'google-generativeai'],
  [/^google\.genai\b/, 'google-genai'],
  [/^google\.cloud\.(\w+)/, 'google-cloud-$1'],
  [/^google\.(?:auth|oauth2)\b/, 'google-auth'],
  [/^azure\.(\w+)(?:\.(\w+))?/, 'azure-$1-$2'],
];

/** The package that is to be installed for a dotted module; null where no package can be named. */
export function packageOfModule(module: string): string | null {
  const shared = NAMESPACES.find(([pattern]) => pattern.test(module));
  if (shared !== undefined) {
    const [pattern, name] = shared;
    return (pattern.exec(module)?.[0] ?? '').replace(pattern, name).replace(/-$/, '').replaceAll('_', '-');
  }
  const top = module.split('.')[0] ?? '';
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(top)) return null;
  const known = Object.hasOwn(PACKAGES, top) ? PACKAGES[top] : undefined;
  return known ?? (/^[A-Za-z0-9](?:\w*[A-Za-z0-9])?$/.test(top) ? top : null);
}

/** As pip compares names. */
export const plainPackageName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
