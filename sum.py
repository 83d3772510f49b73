import json,collections
d=json.load(open('/tmp/rr/d.json'))
print({k:v for k,v in d.items() if isinstance(v,int)}, d['skipped'])
c=collections.Counter((u['side'],'/'.join(u.get('track','').split('/')[:2])) for u in d['unmatched'])
for k,v in c.most_common(30): print(k,v)
c=collections.Counter((x['grade'],x['path'],x.get('track')) for x in d['differences'])
for k,v in c.most_common(60): print(k,v)
