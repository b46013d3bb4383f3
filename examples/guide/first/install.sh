mkdir hire && cd hire
npm init -y
npm pkg set type=module
npm install ../skerry-0.1.0.tgz zod
npm install --save-dev vitest typescript @types/node
