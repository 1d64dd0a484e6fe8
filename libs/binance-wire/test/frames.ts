/** One frame of each kind in the exchange's own form, and some in the forms that are rare. */
export const FRAMES = {
  depthUpdate:
    '{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1787592539515,"T":1787592539514,"s":"BTCUSDT","ps":"BTCUSDT","U":11377001539649,"u":11377001557469,"pu":11377001539214,"b":[["78562.70","0.775"],["78562.80","0.000"]],"a":[["78570.00","1.5"]],"st":1}}',
  emptySides:
    '{"e":"depthUpdate","E":1787592539515,"T":1787592539514,"s":"ETHUSDT","U":2,"u":3,"pu":1,"b":[],"a":[]}',
  sortedKeys:
    '{"E":1787592539515,"T":1787592539514,"U":5,"a":[["2","0"],["3","1"]],"b":[["1.5","7"]],"e":"depthUpdate","s":"BTCUSDT","u":6}',
  aggTrade:
    '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1791289872650,"a":3408000000,"s":"BTCUSDT","p":"86117.80","q":"0.008","nq":"0.008","f":1,"l":1,"T":1791289872533,"m":true,"st":1}}',
  kline:
    '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1785048483771,"s":"BTCUSDT","k":{"t":1785048480000, "T":1785048539999, "s":"BTCUSDT", "i":"1m", "f":521512559, "L":521512569, "o":"1.5","c":"1.6","h":"1.7","l":"1.4","v":"100","n":11,"x":false,"q":"150","V":"50","Q":"75","B":"0"}}}',
  bookTicker:
    '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":11659858833361,"s":"BTCUSDT","ps":"BTCUSDT","b":"83680.00","B":"7.816","a":"83680.10","A":"1.566","T":1790370834266,"E":1790370834267,"st":1}}',
  spotBookTicker:
    '{"stream":"bnbusdt@bookTicker","data":{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}',
  trade:
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1790370834849,"T":1790370834848,"s":"BTCUSDT","t":8121136411,"p":"83680.00","q":"0.001","X":"MARKET","m":true,"st":1}}',
  markPrice:
    '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1790370835000,"s":"BTCUSDT","p":"83680.1","ap":"83680.2","P":"83681.0","i":"83690.5","r":"-0.00001","T":1790380800000,"st":1}}',
  forceOrder:
    '{"stream":"btcusdt@forceOrder","data":{"e":"forceOrder","E":1790370835001,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9911","X":"FILLED","l":"0.014","z":"0.014","T":1790370835000}}}',
  ticker:
    '{"e":"24hrTicker","E":123456789,"s":"BTCUSDT","p":"-0.0015","P":"250.00","w":"0.0018","c":"0.0025","Q":"10","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18","O":0,"C":86400000,"F":0,"L":18150,"n":18151}',
  miniTicker:
    '{"e":"24hrMiniTicker","E":123456789,"s":"BTCUSDT","c":"0.0025","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18"}',
  notAscii:
    '{"stream":"币安人生usdt@depth","data":{"e":"depthUpdate","E":9,"s":"币安人生USDT","U":2,"u":3,"pu":1,"b":[["0.1","9"]],"a":[]}}',
  escaped:
    '{"stream":"\\u5e01\\u5b89usdt@aggTrade","data":{"e":"aggTrade","E":9,"\\u0073":"\\u5e01\\u5b89USDT","a":1,"p":"1","q":"2","f":-1,"l":-1,"T":8,"m":false,"emoji":"\\ud83d\\ude00\\/\\"\\\\"}}',
  bareNumbers:
    '{"e":"depthUpdate","E":9,"s":"BTCUSDT","U":"2","u":3,"b":[[1.50,2],["3","4",[],5]],"a":[ [ "7" , "8" ] ]}',
  tickers: '{"stream":"!ticker@arr","data":[{"e":"24hrTicker","s":"A"},{"e":"24hrTicker","s":"B"}]}',
  session:
    '{"e":"tradingSession","E":1,"t":2,"T":3,"S":"REGULAR","deep":[[[{"a":[1e5,-0.5E-3,null,true,false]}]]]}',
  acknowledged: '{"result":null,"id":1}',
  refusedNested: '{"error":{"code":2,"msg":"Invalid request"},"id":3}',
  refusedFlat: '{"code":2,"msg":"Invalid request","id":4}',
} as const;

export const SNAPSHOT =
  '{"lastUpdateId":4984028384061,"E":1721347022759,"T":1721347022750,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[["63943.90","46.372"],["63943.80","0.007"]],"asks":[["63944.00","1.1"]]}';
