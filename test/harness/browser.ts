import { type Browser, chromium } from 'playwright-core';
import { programPath } from './processes.ts';
import type { Scene } from './temp.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's chromium without a window; closed at the end of the scene. */
export async function startBrowser(scene: Scene): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: programPath('chromium')!, args: FLAGS });
  scene.atEnd(() => browser.close());
  return browser;
}
