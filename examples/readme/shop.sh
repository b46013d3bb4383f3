# #region start
npm ci
npm start
# #endregion
# #region import
npx node --conditions=skerry-source examples/retail/import/generate.ts --lines 1000 > /tmp/week.csv
npm run retail:import -- /tmp/week.csv
# #endregion
